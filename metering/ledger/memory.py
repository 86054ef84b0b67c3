"""A ledger in memory: the pure engine on the meters of one process, for what only asks what a ledger would say.

It carries out every command as the ledger in PostgreSQL does (docs/ledger.md), one at a time, in its own windows. It
writes no log, tells no alert and ends with its process.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from metering.ledger.check import check_command
from metering.ledger.commands import Command, Extend, MeterKey, Reserve
from metering.ledger.engine import apply
from metering.ledger.records import Entry, HoldRow, Meter
from metering.ledger.results import Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.ledger.windows import window_bounds
from metering.types import ReservationState

MAX_METERS = 200_000
"""Beyond it, meters whose window has passed make room, then the oldest."""
MAX_ENDED = 10_000
"""Reservations that have ended, and can still be asked for or corrected."""


class MemoryLedger:
    """Implements the Ledger port. `now` gives the time that picks windows and ends leases."""

    def __init__(
        self, now: Callable[[], datetime] = lambda: datetime.now(UTC), *, max_meters: int = MAX_METERS
    ) -> None:
        self._now = now
        self._max_meters = max_meters
        self._holds: dict[UUID, HoldRow] = {}
        self._keys: dict[tuple[UUID, str], HoldRow] = {}
        self._entries: dict[UUID, list[Entry]] = {}
        self._ended: dict[UUID, None] = {}
        self._open: dict[MeterKey, int] = {}
        self._meters: dict[int, Meter] = {}
        self._last_id = 0

    def begin(
        self, key: MeterKey, *, used: int = 0, held: int = 0, window_end: datetime | None = None
    ) -> None:
        """Open a meter that something is used and held on already, in the ledger's units; it ends with its window
        unless `window_end` says otherwise."""
        meter = self._open_at(key, self._now())
        meter.used, meter.held = used, held
        meter.window_end = window_end or meter.window_end

    def balance_of(self, key: MeterKey) -> tuple[int, int]:
        """Return what is used and held on a meter in its present window, in the ledger's units."""
        meter = self._meters.get(self._open.get(key, 0))
        if meter is None or _is_past(meter, self._now()):
            return 0, 0
        return meter.used, meter.held

    def state_of(self, reservation_id: UUID) -> ReservationState | None:
        """Return the state of a reservation; None where there is none."""
        hold = self._holds.get(reservation_id)
        return hold.state if hold is not None else None

    async def submit(self, command: Command) -> Result:
        """Return the answer to one command, at once. Raises InvalidRequest for one that can never be carried out."""
        check_command(command)
        now = self._now()
        if isinstance(command, Reserve | Extend):
            for line in command.lines:
                self._open_at(line.meter, now)
        work = UnitOfWork(
            now=now,
            holds=self._holds,
            meters=self._meters,
            kinds=self._meters,
            open_meters=self._open,
            keys=self._keys,
            past_entries=self._entries,
        )
        result = apply(command, work)
        for hold in (*work.inserted, *work.updated):
            self._keep(hold, now)
        for entry in work.entries:
            self._entries.setdefault(entry.reservation_id, []).append(entry)
        return result

    def _open_at(self, key: MeterKey, now: datetime) -> Meter:
        """Return the meter of the window that contains `now`, opened if it has to be."""
        meter = self._meters.get(self._open.get(key, 0))
        if meter is not None and not _is_past(meter, now):
            return meter
        if len(self._meters) >= self._max_meters:
            self._make_room(now)
        self._last_id += 1
        _, end = window_bounds(key.window, now, timezone=key.timezone, week_start=key.week_start)
        meter = Meter(
            id=self._last_id,
            subject_type=key.subject_type,
            subject_id=key.subject_id,
            task=key.task,
            model_class=key.model_class,
            dimension=key.dimension,
            window=key.window,
            window_end=end,
            used=0,
            held=0,
            overrun=0,
            unenforced=0,
            highest_limit=0,
        )
        self._open[key] = meter.id
        self._meters[meter.id] = meter
        return meter

    def _make_room(self, now: datetime) -> None:
        """Drop the meters that no reservation knows: those whose window has passed, then a tenth of the oldest."""
        known = {meter_id for hold in self._holds.values() for meter_id in hold.meter_ids}
        self._open = {
            key: meter_id for key, meter_id in self._open.items() if not _is_past(self._meters[meter_id], now)
        }
        if len(known.union(self._open.values())) >= self._max_meters:
            idle = [key for key, meter_id in self._open.items() if meter_id not in known]
            for key in idle[: self._max_meters // 10 + 1]:
                del self._open[key]
        known.update(self._open.values())
        self._meters = {meter_id: meter for meter_id, meter in self._meters.items() if meter_id in known}

    def _keep(self, hold: HoldRow, now: datetime) -> None:
        if hold.lease_s is not None:
            hold.lease_expires_at = now + timedelta(seconds=hold.lease_s)
            hold.lease_s = None
        if hold.state == ReservationState.HELD:
            return
        self._ended.setdefault(hold.id)
        if len(self._ended) > MAX_ENDED:
            oldest = self._holds.pop(next(iter(self._ended)))
            del self._ended[oldest.id]
            self._entries.pop(oldest.id, None)
            if oldest.idempotency_key is not None:
                self._keys.pop((oldest.tenant_id, oldest.idempotency_key), None)


def _is_past(meter: Meter, now: datetime) -> bool:
    return meter.window_end is not None and meter.window_end <= now
