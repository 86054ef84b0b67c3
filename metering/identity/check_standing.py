"""Whether those who stand behind a credential may still act."""

from datetime import datetime

from metering.errors import InvalidCredential, TenantSuspended, TokenExpired
from metering.models import ATIToken, Tenant, User


def check_token(token: ATIToken, valid_until: datetime | None, now: datetime) -> None:
    """Raise InvalidCredential for a revoked token, TokenExpired from `valid_until` on."""
    if token.revoked_at is not None:
        raise InvalidCredential("This ATI token was revoked. Ask your administrator for a new one.")
    if valid_until is None or now < valid_until:
        return
    if valid_until == token.expires_at:
        raise TokenExpired(f"This ATI token expired at {valid_until:%Y-%m-%d %H:%M} UTC.")
    raise TokenExpired("This secret was replaced by a newer one and its grace period is over.")


def check_tenant(tenant: Tenant) -> None:
    """Raise TenantSuspended unless the tenant is active."""
    if tenant.status != Tenant.Status.ACTIVE:
        raise TenantSuspended(
            f"The tenant {tenant.slug!r} is {tenant.status.lower()}. Ask the gateway's operator."
        )


def check_person(user: User, now: datetime) -> None:
    """Raise InvalidCredential, TokenExpired or TenantSuspended unless person, tenant and ATI token are alive."""
    if not user.is_active:
        raise InvalidCredential("This account was deactivated. Ask your administrator.")
    if user.tenant is not None:
        check_tenant(user.tenant)
    if user.signup_token is not None:
        check_token(user.signup_token, user.signup_token.expires_at, now)
