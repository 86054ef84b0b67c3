"""Turn a bearer credential into the rows behind it, or say why not."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from metering.errors import InvalidCredential
from metering.identity.caller import Caller
from metering.identity.check_standing import check_person, check_tenant, check_token
from metering.identity.held_by import held_by
from metering.identity.principal import Principal
from metering.identity.sessions.access_token import read_access_token
from metering.identity.sessions.jwts import looks_like_jwt
from metering.identity.tokens.secret import digest_of, is_well_formed
from metering.models import ATIToken, LoginSession, Membership, Tenant, User
from metering.types import EnforcementMode


def identify(*, bearer: str, now: datetime) -> Caller:
    """The caller behind a live ATI token or access token: one SQL query.

    Raises InvalidCredential (malformed, unknown, revoked, or the person was deactivated), TokenExpired,
    and TenantSuspended. No message repeats the credential.
    """
    if looks_like_jwt(bearer):
        return identify_person(access=bearer, now=now)
    return identify_holder(secret=bearer, now=now)


def identify_holder(*, secret: str, now: datetime) -> Caller:
    """The caller behind a live ATI token. Raises as `identify` does."""
    token, valid_until = live_token(secret=secret, now=now)
    return Caller(
        user=token.user,
        tenant=token.tenant,
        token=token,
        principal=principal_from(token, token.tenant, token.user, User.Role.MEMBER, valid_until),
        role=User.Role.MEMBER,
    )


def live_token(*, secret: str, now: datetime) -> tuple[ATIToken, datetime | None]:
    """The ATI token with this secret, and when the secret ends. Raises as `identify` does."""
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
    with held_by(tenant=token.tenant, token=token, user=token.user):
        check_token(token, valid_until, now)
        check_tenant(token.tenant)
        if token.user is not None and not token.user.is_active:
            raise InvalidCredential("The user of this ATI token was deactivated.")
    return token, valid_until


def identify_person(*, access: str, now: datetime) -> Caller:
    """The caller behind a live access token. Raises as `identify` does."""
    claims = read_access_token(access, now=now)
    team_of_token = Membership.objects.filter(
        user=OuterRef("user"), team=OuterRef("user__signup_token__team")
    )
    session = (
        LoginSession.objects.select_related("user__tenant", "user__signup_token")
        .annotate(in_team_of_token=Exists(team_of_token))
        .filter(pk=claims.session_id, user_id=claims.user_id, ended_at=None, expires_at__gt=now)
        .first()
    )
    if session is None:
        raise InvalidCredential("This session has ended. Sign in again.")
    user = session.user
    with held_by(tenant=user.tenant, token=user.signup_token, user=user):
        if session.auth_hash != user.get_session_auth_hash():
            raise InvalidCredential("The password was changed. Sign in again.")
        check_person(user, now)
        if (user.tenant_id, user.signup_token_id) != (claims.tenant_id, claims.ati_id):
            raise InvalidCredential(
                "Your account has changed since this access token was issued; refresh it."
            )
    role, token, tenant = User.Role(user.role), user.signup_token, user.tenant
    principal = None
    in_own_team = token is None or token.team_id is None or session.in_team_of_token
    if token is not None and tenant is not None and in_own_team:
        ends = [end for end in (claims.expires_at, token.expires_at) if end is not None]
        principal = principal_from(token, tenant, user, role, min(ends))
    return Caller(
        user=user, tenant=tenant, token=token, principal=principal, role=role, session_id=session.pk
    )


def _valid_until(token: ATIToken, *, is_previous: bool) -> datetime | None:
    """Returns when this secret ends: with its token, or with its grace period if it was rotated away."""
    ends = [token.expires_at, token.previous_valid_until if is_previous else None]
    return min((end for end in ends if end is not None), default=None)


def principal_from(
    token: ATIToken, tenant: Tenant, user: User | None, role: User.Role, valid_until: datetime | None
) -> Principal:
    """The holder of a token, as a value."""
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
