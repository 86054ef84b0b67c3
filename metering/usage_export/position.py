"""How far a target is, as steps that are each committed at once: begin, on its way, taken, failed."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from metering.errors import NotFound
from metering.models import ExportPosition
from metering.usage_export.row import Cursor

FIRST = UUID(int=0)
NOTHING_PENDING: dict[str, object] = {
    **dict.fromkeys(("pending_recorded_at", "pending_entry_id", "pending_since")),
    "pending_taken": 0,
}
FIRST_WAIT_S, LONGEST_WAIT_S = 10.0, 3_600.0


class ExportedElsewhere(Exception):
    """Another process exports to the target."""


def begin(*, target: str, since: datetime, now: datetime) -> ExportPosition:
    """The target's position, or a new one before all that is recorded from `since` on."""
    row, _ = ExportPosition.objects.get_or_create(
        target=target, defaults={"recorded_at": since, "entry_id": FIRST, "begun_at": now}
    )
    return row


def position_of(target: str) -> ExportPosition:
    """Raises NotFound where the export has not begun."""
    row = ExportPosition.objects.filter(pk=target).first()
    if row is None:
        raise NotFound(f"The export to {target} has not begun.")
    return row


def place_of(row: ExportPosition) -> Cursor:
    return Cursor(row.recorded_at, row.entry_id)


def pending_of(row: ExportPosition) -> Cursor | None:
    """The end of what is on its way."""
    if row.pending_recorded_at is None or row.pending_entry_id is None:
        return None
    return Cursor(row.pending_recorded_at, row.pending_entry_id)


def on_its_way(row: ExportPosition, end: Cursor, *, now: datetime) -> None:
    """Written down before anything is sent."""
    _step(row, pending_recorded_at=end.recorded_at, pending_entry_id=end.entry_id, pending_since=now)


def sent_again(row: ExportPosition, *, now: datetime) -> None:
    """What is on its way is sent once more, after it surely had not arrived."""
    _step(row, pending_since=now)


def part_taken(row: ExportPosition, taken: int, counts: dict[str, int], *, since: datetime | None) -> None:
    """So many rows of those on their way are dealt with; the rest follow at `since`. `counts` as in `taken`."""
    _step(row, pending_taken=taken, pending_since=since, **_added(counts))


def taken(row: ExportPosition, end: Cursor, counts: dict[str, int], *, now: datetime) -> None:
    """The target has what was on its way. `counts` are added: rows, sent_nano_usd, left_out_rows, left_out_nano_usd."""
    _step(
        row,
        recorded_at=end.recorded_at,
        entry_id=end.entry_id,
        batches=F("batches") + 1,
        **_added(counts),
        **NOTHING_PENDING,
        exported_at=now,
        failures=0,
        last_error="",
        retry_at=None,
    )


def failed(
    row: ExportPosition, reason: str, retry_after_s: float | None, *, is_back: bool, now: datetime
) -> None:
    """What is on its way may have arrived, unless it is back. Waits double, unless the target says how long."""
    seconds = FIRST_WAIT_S * 2 ** min(row.failures, 10) if retry_after_s is None else retry_after_s
    _step(
        row,
        failures=row.failures + 1,
        last_error=reason[:500],
        retry_at=now + timedelta(seconds=min(seconds, LONGEST_WAIT_S)),
        **({"pending_since": None} if is_back else {}),
    )


def _added(counts: dict[str, int]) -> dict[str, object]:
    return {name: F(name) + count for name, count in counts.items()}


def _step(row: ExportPosition, **changes: object) -> None:
    """Raises ExportedElsewhere where another process has moved on meanwhile."""
    here = ExportPosition.objects.filter(
        pk=row.pk, batches=row.batches, pending_taken=row.pending_taken, pending_since=row.pending_since
    )
    if not here.update(**changes):
        raise ExportedElsewhere(row.target)
    row.refresh_from_db()
