"""What a process remembers of its own holds, so that a batch can be decided before it is sent.

Bounded. A memory that is wrong costs a round trip, never a wrong row: the database compares.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from uuid import UUID

from metering.ledger.commands import Command, Release, Reserve, Settle
from metering.ledger.postgres.windows import WindowCache
from metering.ledger.records import HoldRow
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import ReservationState

MAX_HOLDS = 20_000
FORESEEABLE_ENDS = (Settle, Release)


class Foresight:
    """The holds of this process that are still open, beside the windows and meters it knows."""

    def __init__(self, windows: WindowCache) -> None:
        self._windows = windows
        self._holds: dict[UUID, HoldRow] = {}

    def __len__(self) -> int:
        return len(self._holds)

    def keep(self, holds: Iterable[HoldRow]) -> None:
        """Remember those that are open; an end that frees an idempotency key goes under locks."""
        for hold in holds:
            if hold.state == ReservationState.HELD and hold.idempotency_key is None:
                hold.labels = None
                self._holds[hold.id] = hold
            else:
                self._holds.pop(hold.id, None)
        while len(self._holds) > MAX_HOLDS:
            del self._holds[next(iter(self._holds))]

    def books_for(self, commands: Sequence[Command]) -> UnitOfWork | None:
        """UnitOfWork as they are expected to be; None for a batch that must be looked up. A hold is given out once."""
        moment = self._windows.clock()
        if moment is None or not all(map(self._knows, commands)):
            return None
        work = UnitOfWork(now=moment)
        lines = (line for c in commands if isinstance(c, Reserve) for line in c.lines)
        work.open_meters, missing = self._windows.find(lines, moment)
        meter_ids = set(work.open_meters.values())
        for command in commands:
            if not isinstance(command, Reserve):
                hold = work.holds[command.reservation_id] = self._holds.pop(command.reservation_id)
                meter_ids.update(hold.meter_ids)
        known = self._windows.meters
        if missing or not meter_ids <= known.keys():
            return None
        work.meters = {meter_id: copy(known[meter_id]) for meter_id in meter_ids}
        return work

    def _knows(self, command: Command) -> bool:
        if isinstance(command, Reserve):
            return command.idempotency_key is None and command.reservation_id not in self._holds
        return type(command) in FORESEEABLE_ENDS and command.reservation_id in self._holds
