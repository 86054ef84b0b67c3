"""Become a user of a tenant with one of its ATI tokens."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from metering.audit import record_change
from metering.errors import NotPermitted
from metering.identity.check_standing import check_tenant
from metering.identity.people.create_user import create_user
from metering.identity.people.password import hash_password
from metering.models import ATIToken, Tenant, User


def sign_up(*, token: ATIToken, email: str, password: str, now: datetime, name: str = "") -> User:
    """A new user on the token's plan, in its team if it is bound to one. Spends one of the token's sign-ups.

    The first person of a tenant becomes its administrator, unless the token is bound to a team.
    Raises NotPermitted where the token is used up or has ended; TenantSuspended; and InvalidRequest
    for a bad password, a malformed value, or an address that is taken. Then no sign-up is spent.
    """
    if token.signups_used >= token.signups_allowed:  # before a third of a second is spent on a hash
        raise _used_up()
    password_hash = hash_password(password, user=User(email=email, name=name))
    with transaction.atomic():
        _spend(token, now)
        # Locked, so that two people at once don't both come first.
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=token.tenant_id)
        check_tenant(tenant)
        user = create_user(
            email=email,
            name=name,
            password_hash=password_hash,
            role=_role_in(tenant, token),
            tenant=tenant,
            signup_token=token,
            actor=f"sign-up with {token.prefix}",
            now=now,
        )
        record_change(
            action="token.signed_up_with",
            actor=user.email,
            target=token,
            tenant_id=tenant.pk,
            now=now,
            facts={"prefix": token.prefix, "user": str(user.pk)},
        )
    return user


def _spend(token: ATIToken, now: datetime) -> None:
    """Count one use, in one statement, so that as many people at once as you like don't get past the bound."""
    live = ATIToken.objects.live(now).filter(pk=token.pk)
    spent = live.filter(signups_used__lt=F("signups_allowed")).update(signups_used=F("signups_used") + 1)
    if not spent:
        raise _used_up()


def _used_up() -> NotPermitted:
    return NotPermitted("This ATI token has no sign-ups left. Ask your administrator for a new one.")


def _role_in(tenant: Tenant, token: ATIToken) -> User.Role:
    is_first = token.team_id is None and not User.objects.filter(tenant=tenant).exists()
    return User.Role.TENANT_ADMIN if is_first else User.Role.MEMBER
