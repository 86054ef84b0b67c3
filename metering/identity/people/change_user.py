"""Change a person's name, role, standing or ATI token."""

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction

from metering.errors import InvalidRequest
from metering.identity.people.create_user import CONSOLE_ROLES
from metering.identity.people.join_team import join_team
from metering.identity.save_changes import save_changes
from metering.identity.tokens.ceiling import Ceiling, check_person_within
from metering.identity.validate import validate
from metering.models import ATIToken, ExternalIdentity, User


class UserChanges(TypedDict, total=False):
    """New values; what is not named stays as it is."""

    name: str
    role: User.Role
    is_active: bool
    signup_token: ATIToken | None


TAKES_AWAY = {"is_active": False, "role": User.Role.MEMBER}


@transaction.atomic
def change_user(
    *, user: User, changes: UserChanges, actor: str, now: datetime, ceiling: Ceiling | None = None
) -> User:
    """The user with the new values, in force on every process within a second.

    Who is moved to a token that is bound to a team becomes a member of it.
    Raises InvalidRequest for a malformed value, a role that does not fit the tenant, or another tenant's token;
    NotPermitted where a token beyond the ceiling will be behind the user, unless the change only takes away.
    """
    row = User.objects.select_for_update().get(pk=user.pk)
    token = changes.get("signup_token")
    if token is not None and token.tenant_id != row.tenant_id:
        raise InvalidRequest("The ATI token belongs to another tenant.", param="token")
    role = User.Role(changes.get("role", row.role))
    if (role == User.Role.SUPER_ADMIN) != (row.tenant_id is None):
        raise InvalidRequest("A super admin belongs to no tenant, everybody else to one.", param="role")
    before = _image(row)
    for name, value in changes.items():
        setattr(row, name, value)
    if any(TAKES_AWAY.get(name) != value for name, value in changes.items()):
        check_person_within(ceiling, row)
    if role != before["role"]:
        row.is_staff, row.is_superuser = role in CONSOLE_ROLES, role == User.Role.SUPER_ADMIN
    validate(row)
    if "is_active" in changes:
        ExternalIdentity.objects.filter(user=row).update(
            is_shut=False
        )  # from now on it is somebody's decision
    save_changes(row, action="user.changed", before=before, after=_image(row), actor=actor, now=now)
    if token is not None and token.team is not None:
        join_team(team=token.team, user=row, actor=actor, now=now)
    return row


def _image(row: User) -> dict[str, Any]:
    token = str(row.signup_token_id) if row.signup_token_id else None
    return {"name": row.name, "role": row.role, "is_active": row.is_active, "signup_token": token}
