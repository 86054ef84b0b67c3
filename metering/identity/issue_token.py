"""Issue an ATI token."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest, NotPermitted
from metering.identity.find import find_plan
from metering.identity.narrow import check_signups, checked_narrowing
from metering.identity.secret import IssuedToken, digest_of, new_secret, prefix_of
from metering.identity.validate import validate
from metering.models import ATIToken, Team, Tenant, User


@transaction.atomic
def issue_token(
    *,
    tenant: Tenant,
    plan_code: str,
    actor: str,
    now: datetime,
    name: str = "",
    team: Team | None = None,
    user: User | None = None,
    allowed_tasks: Sequence[str] = (),
    allowed_models: Sequence[str] = (),
    allowed_networks: Sequence[str] = (),
    signups_allowed: int = 0,
    expires_at: datetime | None = None,
    ceiling: ATIToken | None = None,
) -> IssuedToken:
    """The new token with its secret, which can never be read again.

    `ceiling` is the token that the plan of a tenant's own administrator comes from: his tokens stay below it.
    Raises NotFound for an unknown plan; InvalidRequest for a closed tenant, an end in the past, an unknown task or
    model, a malformed network, or a team or user of another tenant; NotPermitted for what is beyond the ceiling.
    """
    if tenant.status == Tenant.Status.CLOSED:
        raise InvalidRequest(f"The tenant {tenant.slug!r} is closed.", param="tenant")
    if ceiling is not None and plan_code != ceiling.plan_tier_id:
        raise NotPermitted(f"Your plan is {ceiling.plan_tier_id}; you can pass on no other.", param="plan")
    narrowing = checked_narrowing(
        tasks=allowed_tasks,
        models=allowed_models,
        networks=allowed_networks,
        expires_at=expires_at,
        ceiling=ceiling,
        now=now,
    )
    check_signups(signups_allowed, used=0)
    secret = new_secret()
    token = ATIToken(
        tenant=tenant,
        plan_tier=find_plan(plan_code),
        name=name,
        prefix=prefix_of(secret),
        digest=digest_of(secret),
        team=team,
        user=user,
        allowed_tasks=list(narrowing.tasks),
        allowed_models=list(narrowing.models),
        allowed_networks=list(narrowing.networks),
        signups_allowed=signups_allowed,
        expires_at=narrowing.expires_at,
        created_at=now,
    )
    validate(token)
    token.save(force_insert=True)
    record_change(
        action="token.issued",
        actor=actor,
        target=token,
        tenant_id=tenant.id,
        now=now,
        facts={"prefix": token.prefix, "plan": plan_code, "name": name},
    )
    return IssuedToken(id=token.id, prefix=token.prefix, secret=secret)
