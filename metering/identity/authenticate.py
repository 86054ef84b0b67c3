"""Turn a bearer secret into a Principal, or say why not."""

from datetime import datetime

from django.db.models import Q

from metering.errors import InvalidCredential, TenantSuspended, TokenExpired
from metering.identity.principal import Principal
from metering.identity.secret import digest_of, is_well_formed
from metering.models import ATIToken, Tenant
from metering.types import EnforcementMode


def authenticate(*, secret: str, now: datetime) -> Principal:
    """The principal of a live ATI token: one SQL query.

    Raises InvalidCredential (malformed, unknown, revoked, or its user was deactivated), TokenExpired,
    and TenantSuspended. No message repeats the secret.
    """
    if not is_well_formed(secret):
        raise InvalidCredential(
            "This is not an ATI token, which begins with 'ati_' and has 53 characters or more."
        )
    digest = digest_of(secret)
    token = (
        ATIToken.objects.select_related("tenant", "user")
        .filter(Q(digest=digest) | Q(previous_digest=digest))
        .first()
    )
    if token is None:
        raise InvalidCredential("This ATI token is unknown. Check that it was copied whole.")
    valid_until = _valid_until(token, is_previous=bytes(token.digest) != digest)
    _check_token(token, valid_until, now)
    _check_holder(token)
    return _principal(token, valid_until)


def _valid_until(token: ATIToken, *, is_previous: bool) -> datetime | None:
    """When this secret ends: with the token, or earlier with its grace period if it was rotated away."""
    ends = [token.expires_at, token.previous_valid_until if is_previous else None]
    return min((end for end in ends if end is not None), default=None)


def _check_token(token: ATIToken, valid_until: datetime | None, now: datetime) -> None:
    if token.revoked_at is not None:
        raise InvalidCredential("This ATI token was revoked. Ask your administrator for a new one.")
    if valid_until is None or now < valid_until:
        return
    if valid_until == token.expires_at:
        raise TokenExpired(f"This ATI token expired at {valid_until:%Y-%m-%d %H:%M} UTC.")
    raise TokenExpired("This secret was replaced by a newer one and its grace period is over.")


def _check_holder(token: ATIToken) -> None:
    if token.tenant.status != Tenant.Status.ACTIVE:
        raise TenantSuspended(f"The tenant {token.tenant.slug!r} is {token.tenant.status.lower()}.")
    if token.user is not None and not token.user.is_active:
        raise InvalidCredential("The user of this ATI token was deactivated.")


def _principal(token: ATIToken, valid_until: datetime | None) -> Principal:
    tenant = token.tenant
    return Principal(
        tenant_id=tenant.id,
        tenant_slug=tenant.slug,
        timezone=tenant.timezone,
        week_start=tenant.week_start,
        enforcement_mode=EnforcementMode(tenant.enforcement_mode),
        token_id=token.id,
        plan_code=token.plan_tier_id,
        team_id=token.team_id,
        user_id=token.user_id,
        allowed_tasks=frozenset(token.allowed_tasks),
        allowed_models=frozenset(token.allowed_models),
        allowed_networks=tuple(token.allowed_networks),
        valid_until=valid_until,
    )
