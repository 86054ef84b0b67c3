"""What one process remembers of the ledger: the clock, the open windows, the meters and its own open holds.

A batch can be decided on it before anything is sent (ADR 8). It is bounded. Where it is wrong it costs a round trip
and never a wrong row, because the database checks what was decided:

- A window counts only while the database's clock is inside it.
- The counters of a meter are a guess.
- A hold is one that this process has made and has not ended.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from metering.ledger.commands import Command, HoldLine, MeterKey, Release, Reserve, Settle
from metering.ledger.records import HoldRow, Meter
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import ReservationState

MAX_METERS = 50_000
"""Windows that are remembered, and meters."""
MAX_HOLDS = 20_000
FOREVER = datetime.max.replace(tzinfo=UTC)
OPTIMISTIC_ENDS = (Settle, Release)


class OpenWindow(NamedTuple):
    """A meter and its window."""

    meter_id: int
    start: datetime
    end: datetime
    counted_at: datetime
    """What was used in the window before then is on the meter; calls since then are, where each has a line on it."""


class Wanted(Struct):
    """A meter that has to be opened, or looked at again, and what the lines on it say."""

    counts_since: datetime
    limit: int
    release_on_expiry: bool

    def add(self, line: HoldLine) -> None:
        """Add what another line on the same meter says."""
        self.counts_since = min(self.counts_since, line.counts_since)
        self.limit = max(self.limit, line.limit)
        self.release_on_expiry = self.release_on_expiry and line.release_on_expiry


class ProcessCache:
    """What one process remembers of the ledger. All its connections to that ledger share it."""

    def __init__(self) -> None:
        self.meters: dict[int, Meter] = {}
        """The meters met lately, as they were last seen."""
        self._windows: dict[MeterKey, OpenWindow] = {}
        self._holds: dict[UUID, HoldRow] = {}
        self._clock: tuple[datetime, float] | None = None

    @property
    def open_holds(self) -> int:
        """Count the holds that it need not look up to end them."""
        return len(self._holds)

    def set_clock(self, moment: datetime) -> None:
        """Note that the database has just said that it is this late."""
        self._clock = moment, monotonic()

    def learn_windows(self, windows: Mapping[MeterKey, OpenWindow]) -> None:
        """Remember the meters that count now for these keys."""
        if len(self._windows) + len(windows) > MAX_METERS:
            self._windows.clear()
        self._windows.update(windows)

    def learn_meters(self, meters: Mapping[int, Meter]) -> None:
        """Remember these meters as they are now."""
        if len(self.meters) > MAX_METERS:
            self.meters.clear()
        self.meters.update(meters)

    def learn_holds(self, holds: Iterable[HoldRow]) -> None:
        """Remember those that are open. One with an idempotency key is not kept: its end is a locked batch's."""
        for hold in holds:
            if hold.state == ReservationState.HELD and hold.idempotency_key is None:
                hold.labels = None
                self._holds[hold.id] = hold
            else:
                self._holds.pop(hold.id, None)
        while len(self._holds) > MAX_HOLDS:
            del self._holds[next(iter(self._holds))]

    def forget_meters(self) -> None:
        """Forget all windows and meters, because a meter was not where it should be."""
        self._windows.clear()
        self.meters.clear()

    def find_meters(
        self, lines: Iterable[HoldLine], moment: datetime
    ) -> tuple[dict[MeterKey, int], dict[MeterKey, Wanted]]:
        """Return the meters known to be open at `moment` that count what these lines need, and the keys without one."""
        found: dict[MeterKey, int] = {}
        missing: dict[MeterKey, Wanted] = {}
        for line in lines:
            key = line.meter
            if key in found:
                continue
            window = self._windows.get(key)
            if (
                window is not None
                and window.start <= moment < window.end
                and line.counts_since <= window.counted_at
            ):
                found[key] = window.meter_id
                missing.pop(key, None)
            elif key in missing:
                missing[key].add(line)
            else:
                missing[key] = Wanted(line.counts_since, line.limit, line.release_on_expiry)
        return found, missing

    def unit_of_work(self, commands: Sequence[Command]) -> UnitOfWork | None:
        """Return what an optimistic batch works on, as it is remembered; None where something has to be looked up.

        It takes the holds that end out of the cache, so that no two batches end the same one.
        """
        moment = self._moment()
        if moment is None or not all(map(self._knows, commands)):
            return None
        work = UnitOfWork(now=moment)
        lines = (line for c in commands if isinstance(c, Reserve) for line in c.lines)
        work.open_meters, missing = self.find_meters(lines, moment)
        meter_ids = set(work.open_meters.values())
        for command in commands:
            if not isinstance(command, Reserve):
                hold = work.holds[command.reservation_id] = self._holds.pop(command.reservation_id)
                meter_ids.update(hold.meter_ids)
        if missing or not meter_ids <= self.meters.keys():
            return None
        work.meters = {meter_id: copy(self.meters[meter_id]) for meter_id in meter_ids}
        return work

    def _moment(self) -> datetime | None:
        """Estimate the database's time: its last reading plus the local time since. None before the first."""
        if self._clock is None:
            return None
        moment, said_at = self._clock
        return moment + timedelta(seconds=monotonic() - said_at)

    def _knows(self, command: Command) -> bool:
        if type(command) is Reserve:
            return command.idempotency_key is None and command.reservation_id not in self._holds
        return type(command) in OPTIMISTIC_ENDS and command.reservation_id in self._holds
