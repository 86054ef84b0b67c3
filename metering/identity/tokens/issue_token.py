"""Issue an ATI token."""

from datetime import datetime
from typing import Unpack

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.find import find_plan
from metering.identity.tokens.ceiling import Ceiling, check_wanted, plan_holder
from metering.identity.tokens.narrow import Narrowed, check_signups, checked_narrowing
from metering.identity.tokens.secret import IssuedToken, digest_of, new_secret, prefix_of
from metering.identity.tokens.width import image_of
from metering.identity.validate import validate
from metering.models import ATIToken, Tenant, User


@transaction.atomic
def issue_token(
    *,
    tenant: Tenant,
    plan_code: str,
    actor: str,
    now: datetime,
    name: str = "",
    user: User | None = None,
    signups_allowed: int = 0,
    ceiling: Ceiling | None = None,
    **narrowed: Unpack[Narrowed],
) -> IssuedToken:
    """The new token with its secret, which can never be read again.

    Under a ceiling, what `narrowed` does not say is as narrow as the issuer's own token.
    Raises NotFound for an unknown plan; InvalidRequest for a closed tenant, an end in the past, an unknown task or
    model, a malformed network, or a team or user of another tenant; NotPermitted for what is beyond the ceiling.
    """
    if tenant.status == Tenant.Status.CLOSED:
        raise InvalidRequest(f"The tenant {tenant.slug!r} is closed.", param="tenant")
    check_signups(signups_allowed, used=0)
    secret = new_secret()
    token = ATIToken(
        tenant=tenant,
        plan_tier_id=plan_code,
        name=name,
        prefix=prefix_of(secret),
        digest=digest_of(secret),
        user=user,
        signups_allowed=signups_allowed,
        created_at=now,
        **{**_own_narrowing(ceiling), **checked_narrowing(narrowed, now=now)},
    )
    check_wanted(ceiling, token)
    token.plan_tier = find_plan(plan_code)
    validate(token)
    token.save(force_insert=True)
    record_change(
        action="token.issued",
        actor=actor,
        target=token,
        tenant_id=tenant.id,
        now=now,
        facts={
            "prefix": token.prefix,
            "plan": plan_code,
            "name": name,
            "after": {name: value for name, value in image_of(token).items() if value},
        },
    )
    return IssuedToken(id=token.id, prefix=token.prefix, secret=secret)


def _own_narrowing(ceiling: Ceiling | None) -> Narrowed:
    if ceiling is None:
        return {}
    own = plan_holder(ceiling)
    return {
        "team": own.team,
        "allowed_tasks": own.allowed_tasks,
        "allowed_models": own.allowed_models,
        "allowed_networks": own.allowed_networks,
        "expires_at": own.expires_at,
    }
