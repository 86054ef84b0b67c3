"""Whom a question is about: a token, a user or a bare tenant, as the calls of their holders would be judged."""

from django.db.models import Q

from metering.errors import NotFound
from metering.identity.find import find_team, find_token, find_user
from metering.models import ATIToken, Tenant, User
from metering.policy.values import PolicySubject


def find_subject(
    *,
    tenant: Tenant,
    plan: str | None = None,
    team: str | None = None,
    user: str | None = None,
    token: str | None = None,
) -> PolicySubject:
    """The subject that these words name, on `plan` or else the plan of the token.

    Without a token: that with which the user signed up, else the tenant's newest live one. Raises NotFound.
    """
    person = find_user(tenant=tenant, reference=user) if user else None
    credential = _token(tenant, person, token)
    bound_team = find_team(tenant=tenant, reference=team).pk if team else None
    if credential is None and plan is None:
        raise NotFound(f"The tenant {tenant.slug!r} has no live ATI token: name a plan.", param="plan")
    if credential is not None:
        bound_team = bound_team or credential.team_id
    return PolicySubject(
        tenant_id=tenant.pk,
        plan=plan or (credential.plan_tier_id if credential is not None else ""),
        team_id=bound_team,
        user_id=person.pk if person is not None else (credential.user_id if credential is not None else None),
        token_id=credential.pk if credential is not None else None,
    )


def _token(tenant: Tenant, person: User | None, reference: str | None) -> ATIToken | None:
    if reference:
        return find_token(tenant=tenant, reference=reference)
    live = ATIToken.objects.for_tenant(tenant).filter(revoked_at=None)
    if person is not None:
        own = Q(user=person) | Q(pk=person.signup_token_id)
        mine: ATIToken | None = live.filter(own).order_by("-id").first()
        if mine is not None:
            return mine
    newest: ATIToken | None = live.order_by("-id").first()
    return newest
