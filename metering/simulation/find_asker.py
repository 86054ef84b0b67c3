"""Find whom a question is about: the holder of a token, a person, or a bare tenant."""

from datetime import datetime

from django.db.models import Q

from metering.admission.demand import Asker
from metering.errors import InvalidCredential, MeteringError, NotFound, NotPermitted
from metering.identity.check_standing import check_person, check_tenant, check_token
from metering.identity.find import find_team, find_token, find_user
from metering.models import ATIToken, Tenant, User
from metering.policy.values import PolicySubject


def find_asker(
    *,
    tenant: Tenant,
    now: datetime,
    plan: str | None = None,
    team: str | None = None,
    user: str | None = None,
    token: str | None = None,
) -> Asker:
    """The holder that these words name, on `plan` or else the plan of the token.

    Without a token: that with which the person signed up, else the tenant's newest live one. Raises NotFound.
    """
    person = find_user(tenant=tenant, reference=user) if user else None
    credential = _token(tenant, person, token, now)
    named_team = find_team(tenant=tenant, reference=team).pk if team else None
    if credential is None and plan is None:
        raise NotFound(f"The tenant {tenant.slug!r} has no live ATI token: name a plan.", param="plan")
    if credential is None:
        return Asker(
            subject=PolicySubject(tenant.pk, plan or "", named_team, person.pk if person else None, None),
            refusal=_refusal(tenant, person, None, now),
        )
    return Asker(
        subject=PolicySubject(
            tenant.pk,
            plan or credential.plan_tier_id,
            named_team or credential.team_id,
            person.pk if person is not None else credential.user_id,
            credential.pk,
        ),
        allowed_tasks=frozenset(credential.allowed_tasks),
        allowed_models=frozenset(credential.allowed_models),
        refusal=_refusal(tenant, person or credential.user, credential, now),
    )


def _refusal(
    tenant: Tenant, person: User | None, credential: ATIToken | None, now: datetime
) -> MeteringError | None:
    try:
        check_tenant(tenant)
        if credential is not None:
            check_token(credential, credential.expires_at, now)
        if person is not None:
            check_person(person, now)
    except (InvalidCredential, NotPermitted) as refusal:
        return refusal
    return None


def _token(tenant: Tenant, person: User | None, reference: str | None, now: datetime) -> ATIToken | None:
    if reference:
        return find_token(tenant=tenant, reference=reference)
    mine: ATIToken | None = None
    if person is not None:
        own = Q(user=person) | Q(pk=person.signup_token_id)
        mine = ATIToken.objects.for_tenant(tenant).filter(own).order_by("-id").first()
    if mine is None:
        mine = ATIToken.objects.live(now).for_tenant(tenant).order_by("-id").first()
    return mine
