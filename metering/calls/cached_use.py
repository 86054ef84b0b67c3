"""How much of budgets is taken, for rules whose condition is about that: free where a process works, cheap elsewhere.

Every hold is answered with the balances of its meters, as they are in the database at that moment, other processes'
use included: those are noted. Only a meter of which nothing was noted for FRESH_S is read. So what a decision is
based on is at most FRESH_S old, plus what is in flight, however many processes there are. Calls under policies
without such conditions cost nothing here.
"""

import asyncio
import time
from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import InterfaceError, OperationalError

from metering.errors import MeteringUnavailable
from metering.ledger.commands import MeterKey
from metering.orm import in_database_thread
from metering.policy.read_balances import read_balances
from metering.reservation.reserve import Hold
from metering.snapshots.kept import keep

FRESH_S = 2.0
MAX_METERS = 10_000


class Use(NamedTuple):
    """What was taken of a meter when that was last seen, in the ledger's units."""

    taken: int
    """Used and held."""
    resets_at: datetime | None
    seen_s: float
    """Monotonic."""


class CachedUse:
    """One process's last balances of watched meters. For one event loop."""

    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.monotonic
        self._known: dict[Hashable, Use] = {}
        self._reading = asyncio.Lock()

    def note(self, hold: Hold, meters: Container[MeterKey]) -> None:
        """Remember the balances that a hold came with, of these meters."""
        seen_s = self.clock()
        for limit, balance in zip(hold.held, hold.balances, strict=False):
            if limit.meter in meters:
                keep(
                    self._known,
                    limit.meter,
                    Use(balance.used + balance.held, balance.resets_at, seen_s),
                    MAX_METERS,
                )

    async def of(self, meters: Mapping[MeterKey, datetime], now: datetime) -> dict[MeterKey, int]:
        """What is used and held on each of the meters in its present window; `meters` say since when they count.

        Raises MeteringUnavailable where it has to be read and the database is away.
        """
        if self._stale(meters, now):
            async with self._reading:  # those who waited find it read
                if stale := self._stale(meters, now):
                    await self._read({meter: meters[meter] for meter in stale}, now)
        return self.peek(meters)

    def peek(self, meters: Iterable[MeterKey]) -> dict[MeterKey, int]:
        """What `of` returns as it was last known, however old, without asking the database."""
        return {meter: known.taken for meter in meters if (known := self._known.get(meter)) is not None}

    def _stale(self, meters: Iterable[MeterKey], now: datetime) -> list[MeterKey]:
        horizon_s = self.clock() - FRESH_S
        return [
            meter
            for meter in meters
            if (known := self._known.get(meter)) is None
            or known.seen_s < horizon_s
            or (known.resets_at is not None and known.resets_at <= now)
        ]

    async def _read(self, meters: Mapping[MeterKey, datetime], now: datetime) -> None:
        seen_s = self.clock()
        try:
            found = await in_database_thread(read_balances, meters, now)
        except (OperationalError, InterfaceError) as error:
            raise MeteringUnavailable("The database cannot be reached.") from error
        for meter in meters:
            used, held, resets_at = found.get(meter, (0, 0, None))
            keep(self._known, meter, Use(used + held, resets_at, seen_s), MAX_METERS)
