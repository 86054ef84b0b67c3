"""What a batch has to know beyond its rows where it corrects what has ended: adjustments and true-ups."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from metering.ids import derived_id, time_ms_of
from metering.ledger.check import MAX_ADJUSTMENTS
from metering.ledger.commands import Adjust, Command
from metering.ledger.partitions import month_of
from metering.ledger.postgres import sql_locked
from metering.ledger.postgres.read import entry_from
from metering.ledger.postgres.table import array, text_array
from metering.ledger.postgres.wire import Wire
from metering.ledger.records import HoldRow
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import ReservationState


async def load_for_corrections(wire: Wire, commands: Sequence[Command], work: UnitOfWork) -> None:
    """Read the months that must stay open meanwhile, and the entries that adjustments add to."""
    late = [c for c in commands if isinstance(c, Adjust) or _is_provisional(work.holds.get(c.reservation_id))]
    if not late:
        return
    months = {c.reservation_id: month_of(_moment_of(c.reservation_id)) for c in late}
    wanted = text_array([str(month) for month in sorted(set(months.values()))])
    [periods] = await wire.exchange([(sql_locked.SHARE_PERIODS, (wanted,))])
    closed = {month for month, state in periods if state != "open"}
    work.sealed = frozenset(id_ for id_, month in months.items() if month in closed)
    adjusted = [c.reservation_id for c in late if isinstance(c, Adjust)]
    ids = [derived_id(id_, number) for id_ in adjusted for number in range(MAX_ADJUSTMENTS + 2)]
    [rows] = await wire.exchange([(sql_locked.ENTRIES_BY_ID, (array(ids),))])
    for row in rows:
        entry = entry_from(row)
        work.past_entries.setdefault(entry.reservation_id, []).append(entry)


def _is_provisional(hold: HoldRow | None) -> bool:
    return hold is not None and hold.state == ReservationState.EXPIRED and hold.provisional


def _moment_of(reservation_id: UUID) -> datetime:
    return datetime.fromtimestamp(time_ms_of(reservation_id) / 1000, UTC)
