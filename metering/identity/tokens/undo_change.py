"""Take the last change of an ATI token back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from metering.errors import InvalidRequest
from metering.identity.tokens.ceiling import Ceiling
from metering.identity.tokens.change_token import TokenChanges, change_token
from metering.identity.tokens.width import NARROWED
from metering.models import ATIToken, AuditEvent, LLMModel, Team


def last_change(token: ATIToken) -> dict[str, Any] | None:
    """What the last change of the token's width made of what: each field with its value before and after, as JSON.

    None: its width was never changed.
    """
    event = (
        AuditEvent.objects.filter(
            tenant_id=token.tenant_id,  # whose index it is
            object_type="ATIToken",
            object_id=str(token.pk),
            action="token.changed",
            facts__has_any_keys=list(NARROWED),
        )
        .order_by("-at", "-pk")
        .first()
    )
    return {name: pair for name, pair in event.facts.items() if name in NARROWED} if event else None


@transaction.atomic
def undo_change(*, token: ATIToken, actor: str, now: datetime, ceiling: Ceiling | None = None) -> ATIToken:
    """The token as narrow, or as wide, as before its last change. Undone again, it is as it is now.

    Raises InvalidRequest if there is nothing to take back, and what `change_token` raises: NotPermitted for what
    goes beyond the ceiling.
    """
    row: ATIToken = ATIToken.objects.select_for_update().get(pk=token.pk)
    changed = last_change(row)
    if not changed:
        raise InvalidRequest("There is no change of what this token may do to take back.")
    before: Any = {name: _value(row, name, pair[0], now) for name, pair in changed.items()}
    changes: TokenChanges = before
    return change_token(token=row, changes=changes, actor=actor, now=now, ceiling=ceiling)


def _value(token: ATIToken, name: str, value: Any, now: datetime) -> Any:
    """A value of the audit trail as `change_token` takes it."""
    if name == "team":
        return Team.objects.for_tenant(token.tenant).filter(pk=UUID(value)).first() if value else None
    if name == "expires_at":
        end = datetime.fromisoformat(value) if value else None
        if end is not None and end <= now:
            raise InvalidRequest("It ended before at a moment that is past now.", param="expires_at")
        return end
    if name == "allowed_models":
        known = set(LLMModel.objects.filter(pk__in=value).values_list("pk", flat=True))
        if value and not known:
            raise InvalidRequest("None of the models that it had before are left.", param="allowed_models")
        return [model for model in value if model in known]
    return value
