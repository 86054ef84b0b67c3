"""Create a person: a super admin, or somebody in a tenant."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.identity.people.join_team import join_team
from metering.identity.tokens.ceiling import Ceiling, check_person_within
from metering.identity.validate import validate
from metering.models import ATIToken, Tenant, User

CONSOLE_ROLES = (User.Role.SUPER_ADMIN, User.Role.TENANT_ADMIN)


@transaction.atomic
def create_user(
    *,
    email: str,
    role: User.Role,
    actor: str,
    now: datetime,
    tenant: Tenant | None = None,
    name: str = "",
    password_hash: str = "",
    signup_token: ATIToken | None = None,
    ceiling: Ceiling | None = None,
) -> User:
    """The new user; without a password (`password.py`) nobody can sign in as this user yet.

    Super admins belong to no tenant, everybody else to one; admins of either kind may use the console.
    `signup_token` is the ATI token that the user's plan comes from; one that is bound to a team makes a member of it.
    Raises InvalidRequest when a value is malformed, the address is taken, or role, token and tenant disagree;
    NotPermitted for a token beyond the ceiling.
    """
    if (role == User.Role.SUPER_ADMIN) != (tenant is None):
        raise InvalidRequest("A super admin belongs to no tenant, everybody else to one.", param="tenant")
    if signup_token is not None and (tenant is None or signup_token.tenant_id != tenant.pk):
        raise InvalidRequest("The ATI token belongs to another tenant.", param="token")
    user = User(
        email=User.objects.normalize_email(email).lower(),
        name=name,
        tenant=tenant,
        role=role,
        is_staff=role in CONSOLE_ROLES,
        is_superuser=role == User.Role.SUPER_ADMIN,
        date_joined=now,
        signup_token=signup_token,
        password=password_hash or make_password(None),
    )
    check_person_within(ceiling, user)
    validate(user)
    user.save(force_insert=True)
    record_change(
        action="user.created",
        actor=actor,
        target=user,
        tenant_id=tenant.id if tenant else None,
        now=now,
        facts={"email": user.email, "role": role},
    )
    if signup_token is not None and signup_token.team is not None:
        join_team(team=signup_token.team, user=user, actor=actor, now=now)
    return user
