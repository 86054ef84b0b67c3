"""Turn a bearer credential into the rows behind it, or say why not."""

from datetime import datetime

from django.db.models import Q

from metering.errors import InvalidCredential, TenantSuspended, TokenExpired
from metering.identity.access_token import looks_like_jwt, read_access_token
from metering.identity.caller import Caller
from metering.identity.principal import Principal
from metering.identity.secret import digest_of, is_well_formed
from metering.models import ATIToken, Tenant, User
from metering.types import EnforcementMode


def identify(*, bearer: str, now: datetime) -> Caller:
    """The caller behind a live ATI token or access token: one SQL query.

    Raises InvalidCredential (malformed, unknown, revoked, or the person was deactivated), TokenExpired,
    and TenantSuspended. No message repeats the credential.
    """
    return _person(bearer, now) if looks_like_jwt(bearer) else _holder(bearer, now)


def _holder(secret: str, now: datetime) -> Caller:
    if not is_well_formed(secret):
        raise InvalidCredential(
            "This is neither an ATI token, which begins with 'ati_' and has 53 characters or more, "
            "nor an access token."
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
    check_token(token, valid_until, now)
    check_tenant(token.tenant)
    if token.user is not None and not token.user.is_active:
        raise InvalidCredential("The user of this ATI token was deactivated.")
    return Caller(
        user=token.user,
        tenant=token.tenant,
        token=token,
        principal=_principal(token, token.tenant, token.user, User.Role.MEMBER, valid_until),
        role=User.Role.MEMBER,
    )


def _person(jwt: str, now: datetime) -> Caller:
    claims = read_access_token(jwt, now=now)
    user = User.objects.select_related("tenant", "signup_token").filter(pk=claims.user_id).first()
    if user is None or not user.is_active:
        raise InvalidCredential("The user of this access token is gone or was deactivated.")
    if (user.tenant_id, user.signup_token_id) != (claims.tenant_id, claims.ati_id):
        raise InvalidCredential("Your account has changed since this access token was issued; refresh it.")
    role, token, tenant = User.Role(user.role), user.signup_token, user.tenant
    if tenant is not None:
        check_tenant(tenant)
    if token is None or tenant is None:
        return Caller(user=user, tenant=tenant, token=None, principal=None, role=role)
    check_token(token, token.expires_at, now)
    ends = [end for end in (claims.expires_at, token.expires_at) if end is not None]
    principal = _principal(token, tenant, user, role, min(ends))
    return Caller(user=user, tenant=tenant, token=token, principal=principal, role=role)


def _valid_until(token: ATIToken, *, is_previous: bool) -> datetime | None:
    """When this secret ends: with the token, or earlier with its grace period if it was rotated away."""
    ends = [token.expires_at, token.previous_valid_until if is_previous else None]
    return min((end for end in ends if end is not None), default=None)


def check_token(token: ATIToken, valid_until: datetime | None, now: datetime) -> None:
    """Raise InvalidCredential for a revoked token, TokenExpired at or after `valid_until`."""
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
        raise TenantSuspended(f"The tenant {tenant.slug!r} is {tenant.status.lower()}.")


def _principal(
    token: ATIToken, tenant: Tenant, user: User | None, role: User.Role, valid_until: datetime | None
) -> Principal:
    return Principal(
        tenant_id=tenant.id,
        tenant_slug=tenant.slug,
        timezone=tenant.timezone,
        week_start=tenant.week_start,
        enforcement_mode=EnforcementMode(tenant.enforcement_mode),
        token_id=token.id,
        plan_code=token.plan_tier_id,
        team_id=token.team_id,
        user_id=user.pk if user is not None else None,
        role=role,
        allowed_tasks=frozenset(token.allowed_tasks),
        allowed_models=frozenset(token.allowed_models),
        allowed_networks=tuple(token.allowed_networks),
        valid_until=valid_until,
    )
