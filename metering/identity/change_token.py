"""Bind a live ATI token to a team or user, or narrow it, without a new secret."""

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction

from metering.errors import InvalidRequest
from metering.identity.narrow import check_signups, checked_narrowing
from metering.identity.save_changes import save_changes
from metering.identity.validate import validate
from metering.models import ATIToken, Team, User


class TokenChanges(TypedDict, total=False):
    """New values; what is not named stays as it is."""

    name: str
    team: Team | None
    user: User | None
    allowed_tasks: list[str]
    allowed_models: list[str]
    allowed_networks: list[str]
    signups_allowed: int
    expires_at: datetime | None


@transaction.atomic
def change_token(
    *, token: ATIToken, changes: TokenChanges, actor: str, now: datetime, ceiling: ATIToken | None = None
) -> ATIToken:
    """The token with its new values, in force on every process within a second. `ceiling` as in `issue_token`.

    Raises InvalidRequest for a token that was revoked and for values that make no sense, NotPermitted for what is
    beyond the ceiling.
    """
    row: ATIToken = ATIToken.objects.select_for_update().get(pk=token.pk)
    if row.revoked_at is not None:
        raise InvalidRequest("A revoked token cannot be changed.")
    before = _image(row)
    for name, value in _checked(changes, ceiling, now).items():
        setattr(row, name, value)
    check_signups(row.signups_allowed, used=row.signups_used)
    validate(row)
    save_changes(row, action="token.changed", before=before, after=_image(row), actor=actor, now=now)
    return row


def _checked(changes: TokenChanges, ceiling: ATIToken | None, now: datetime) -> dict[str, Any]:
    narrowing = checked_narrowing(
        tasks=changes.get("allowed_tasks", ()),
        models=changes.get("allowed_models", ()),
        networks=changes.get("allowed_networks", ()),
        expires_at=changes.get("expires_at"),
        ceiling=ceiling,
        now=now,
    )
    canonical: dict[str, Any] = {
        "allowed_tasks": list(narrowing.tasks),
        "allowed_models": list(narrowing.models),
        "allowed_networks": list(narrowing.networks),
        "expires_at": narrowing.expires_at,
    }
    return {name: canonical.get(name, value) for name, value in changes.items()}


def _image(row: ATIToken) -> dict[str, Any]:
    return {
        "name": row.name,
        "team": str(row.team_id) if row.team_id else None,
        "user": str(row.user_id) if row.user_id else None,
        "allowed_tasks": list(row.allowed_tasks),
        "allowed_models": list(row.allowed_models),
        "allowed_networks": list(row.allowed_networks),
        "signups_allowed": row.signups_allowed,
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
    }
