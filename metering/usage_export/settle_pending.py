"""Say what became of rows that were on their way for longer than their target knows them."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from metering.audit import record_change
from metering.errors import InvalidRequest
from metering.models import ExportPosition
from metering.usage_export import position
from metering.usage_export.parts import parts_of
from metering.usage_export.read_rows import rows_between
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
    batch = rows_between(position.place_of(row), pending)
    part = next(parts_of(target, batch, row.pending_taken))
    facts = {
        "target": target.name,
        "pending": fate.value,
        "rows": [str(each.id) for each in part.chosen[:100]],
    }
    record_change(action="usage_export.pending", actor=actor, target=row, now=now, facts=facts)
    if fate is Fate.AGAIN:
        position.sent_again(row, now=now)
        return row
    counts = part.counts if fate is Fate.SENT else part.counts_left_out
    if part.stop < len(batch):
        position.part_taken(row, part.stop, counts, since=None)
    else:
        position.taken(row, pending, counts, now=now)
    return row
