"""Export what the ledger has recorded and a target does not have yet.

For each batch:

1. Its end is written down as on its way, and committed.
2. Its rows are sent: all at once, or one by one, and each that was taken is counted. A process that is killed from here
   on leaves 1, and the next one sends the same rows again: the target knows them by their ids.
3. The end becomes the position, and the rows are counted, in one statement.

A target that forgets ids can only be sent the same rows again while it still knows them. After that nobody but a
person can say whether they arrived (`settle_pending`).
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby

from django.db import connection

from metering.models import ExportPosition
from metering.usage_export import position
from metering.usage_export.parts import parts_of
from metering.usage_export.read_rows import horizon, rows_after, rows_between
from metering.usage_export.row import Cursor, ExportRow
from metering.usage_export.target import NotTaken, Target

PAGE = 1_000
"""Entries that are read at once."""
_LOCK, _UNLOCK = (
    f"SELECT {name}(hashtextextended('metering.usage_export ' || %s, 0))"
    for name in ("pg_try_advisory_lock", "pg_advisory_unlock")
)
logger = logging.getLogger(__name__)


def export_usage(
    target: Target, *, clock: Callable[[], datetime], budget_s: float | None = None
) -> ExportPosition:
    """The position that it came to. It ends with all that is old enough, at a failure, or when the time is up.

    Raises NotFound where the export has not begun, and ExportedElsewhere while another process does it.
    """
    until = None if budget_s is None else time.monotonic() + budget_s
    with _alone(target.name):
        row = position.position_of(target.name)
        try:
            for batch, end in _batches(row, target):
                _export(row, target, batch, end, clock)
                if until is not None and time.monotonic() > until:
                    break
        except NotTaken as error:
            logger.warning("usage_export.failed", extra={"target": target.name, "error": str(error)})
    return row


def _batches(row: ExportPosition, target: Target) -> Iterator[tuple[list[ExportRow], Cursor]]:
    """What is on its way first, the same rows as before. Each is asked for when the one before was taken."""
    pending = position.pending_of(row)
    if pending is not None:
        yield rows_between(position.place_of(row), pending), pending
    until = horizon()
    while True:
        here = position.place_of(row)
        rows, end = rows_after(here, until=until, entries=PAGE)
        if end == here:
            return
        yield from _parts(rows, end, target.entries_at_once)


def _parts(rows: Sequence[ExportRow], end: Cursor, size: int) -> Iterator[tuple[list[ExportRow], Cursor]]:
    """So many entries each; the last part ends where the page does."""
    by_entry = [(entry, list(each)) for entry, each in groupby(rows, key=lambda row: row.entry)]
    for start in range(0, len(by_entry), size):
        part = by_entry[start : start + size]
        is_last = start + size >= len(by_entry)
        yield [row for _, each in part for row in each], end if is_last else part[-1][0]
    if not by_entry:
        yield [], end


def _export(
    row: ExportPosition, target: Target, batch: list[ExportRow], end: Cursor, clock: Callable[[], datetime]
) -> None:
    """Raises NotTaken, which is written down."""
    if batch and position.pending_of(row) is None:
        position.on_its_way(row, end, now=clock())
        is_again = False
    else:
        is_again = row.pending_since is not None
        if batch and not is_again:
            position.sent_again(row, now=clock())
    for part in parts_of(target, batch, row.pending_taken):
        try:
            if part.chosen:
                _check_memory(row, target, part.chosen[0], clock())
                target.send(part.chosen, batch=row.batches + 1)
        except NotTaken as error:
            is_back = not error.may_have_arrived and not is_again
            position.failed(row, str(error), error.retry_after_s, is_back=is_back, now=clock())
            raise
        is_again = False
        if part.stop < len(batch):
            position.part_taken(row, part.stop, part.counts, since=clock())
        else:
            position.taken(row, end, part.counts, now=clock())


def _check_memory(row: ExportPosition, target: Target, first: ExportRow, now: datetime) -> None:
    """Raises NotTaken where rows were sent so long ago that the target would take them for new ones."""
    since = row.pending_since
    if since is not None and target.remembers is not None and now - since > target.remembers:
        raise NotTaken(
            f"A row has been on its way since {since:%Y-%m-%d %H:%M} UTC, and {target.name} would not know it again. "
            f"Look whether it has {first.id}, and say so: export_usage --to {target.name} --pending sent|again.",
            may_have_arrived=True,
        )


@contextmanager
def _alone(target: str) -> Iterator[None]:
    """One process at a time; a lock goes with the connection of a process that dies. Raises ExportedElsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [target])
        if not cursor.fetchone()[0]:
            raise position.ExportedElsewhere(target)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(_UNLOCK, [target])
