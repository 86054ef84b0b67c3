"""Say what became of rows that were on their way for longer than their target knows them."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.models import ExportPosition
from metering.usage_export import position
from metering.usage_export.read_rows import rows_between
from metering.usage_export.run import counts_of
from metering.usage_export.target import Target


class Fate(StrEnum):
    SENT = "sent"
    """They arrived."""
    AGAIN = "again"
    """They did not: they are sent again."""
    LEAVE_OUT = "leave-out"
    """They are not to be sent, arrived or not: the target refuses them, and they are billed by hand."""


@transaction.atomic
def settle_pending(
    target: Target, fate: Fate, *, actor: str, clock: Callable[[], datetime]
) -> ExportPosition:
    """The position after it. Raises NotFound, and InvalidRequest where nothing is on its way."""
    row, now = position.position_of(target.name), clock()
    pending = position.pending_of(row)
    if pending is None:
        raise InvalidRequest(f"Nothing is on its way to {target.name}.", param="pending")
    rows = rows_between(position.place_of(row), pending)
    facts = {"target": target.name, "pending": fate.value, "rows": [str(each.id) for each in rows[:100]]}
    record_change(action="usage_export.pending", actor=actor, target=row, now=now, facts=facts)
    if fate is Fate.AGAIN:
        position.on_its_way(row, pending, now=now)
        return row
    chosen = [each for each in rows if target.takes(each)] if fate is Fate.SENT else []
    position.taken(row, pending, counts_of(rows, chosen), now=now)
    return row
