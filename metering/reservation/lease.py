"""Leases of the calls that run here: renewed in time, and a call whose lease is lost is stopped.

Invariant: no upstream call of this process runs on after its lease has run out, because the sweeper may
then have given its concurrency slot to another call. But where the rule `on_metering_failure` says `open`, a call whose
lease runs out because the ledger is away goes on: nobody has the slot who could be told, and its end is spooled.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from uuid import UUID

from metering.errors import MeteringUnavailable
from metering.ledger.port import Ledger
from metering.policy.values import EffectivePolicy
from metering.reservation.extend import renew
from metering.reservation.reserve import Hold

RENEW_AFTER = 0.4
"""Part of the lease after which it is renewed."""
STOP_BEFORE = 0.05
"""Part of the lease that is left when a call is stopped: its connection closes before the lease ends."""
TICKS_PER_LEASE = 20
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Lease:
    """The lease of one running call, on this process's monotonic clock (never later than the database's). It is looked
    after in its block.
    """

    hold: Hold
    task: asyncio.Task[Any]
    context: Context
    """The call's, so that what is done and logged for it has its request's id."""
    started_s: float
    kept: "dict[UUID, Lease]"
    """Those of all calls that run here."""
    policy: EffectivePolicy | None = None
    """The call's, if it has one."""
    lost: bool = False
    renewing: bool = False
    unanswered: bool = False
    """Whether the ledger was away when it was last asked to renew it."""
    outlived: bool = False
    """Whether the call went on past its end."""

    def __enter__(self) -> "Lease":
        self.kept[self.hold.reservation_id] = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del self.kept[self.hold.reservation_id]

    def age(self, now_s: float) -> float:
        """How much of the lease has passed; 1 is its end."""
        return (now_s - self.started_s) / self.hold.lease_s

    @property
    def may_end_first(self) -> bool:
        """Whether the call may go on past its lease's end, as long as the ledger is away."""
        is_away = self.outlived or self.unanswered or self.renewing
        return (
            is_away
            and self.policy is not None
            and self.policy.choice("on_metering_failure", "closed") == "open"
        )


class LeaseKeeper:
    """Looks after every running call with one task, so that a short call costs nothing. For one event loop."""

    def __init__(self, ledger: Ledger, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._leases: dict[UUID, Lease] = {}
        self._renewals: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def kept(self) -> int:
        """How many calls have their leases renewed."""
        return len(self._leases)

    def keep(self, hold: Hold, *, granted_s: float, policy: EffectivePolicy | None = None) -> Lease:
        """Look after `hold` while the current task is in the lease's block; it is cancelled if the lease is lost,
        unless the call's policy lets it go on.

        `granted_s` is the monotonic time just before the hold was asked for.
        """
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a lease is kept by a task")
        if self._task is None:
            self._task = asyncio.create_task(self._watch(), name="leases", context=Context())
        return Lease(
            hold=hold,
            task=task,
            context=copy_context(),
            started_s=granted_s,
            kept=self._leases,
            policy=policy,
        )

    async def close(self) -> None:
        """Stop looking; the calls that still run must have been ended before."""
        tasks = [*self._renewals, *([self._task] if self._task else [])]
        self._task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            now_s = self._clock()
            shortest_s = 60
            for lease in self._leases.values():
                shortest_s = min(shortest_s, lease.hold.lease_s)
                self._look_at(lease, now_s)
            await asyncio.sleep(shortest_s / TICKS_PER_LEASE)

    def _look_at(self, lease: Lease, now_s: float) -> None:
        age = lease.age(now_s)
        if age >= 1 - STOP_BEFORE and not lease.outlived:
            if not lease.may_end_first:
                self._stop(lease)
                return
            lease.outlived = True
            lease.context.copy().run(logger.warning, "reservation.lease_outlived", extra=_facts(lease))
        if age >= RENEW_AFTER and not lease.renewing:
            lease.renewing = True
            renewal = asyncio.create_task(self._renew(lease), name="lease.renew", context=lease.context)
            self._renewals.add(renewal)
            renewal.add_done_callback(self._renewals.discard)

    async def _renew(self, lease: Lease) -> None:
        asked_s = self._clock()
        try:
            held = await renew(ledger=self._ledger, hold=lease.hold)
        except MeteringUnavailable:
            held = None  # asked again at the next look, until the lease is over
            lease.unanswered = True
        else:
            lease.unanswered = False
        finally:
            lease.renewing = False
        if held:
            lease.started_s, lease.outlived = asked_s, False
        elif held is False and lease.outlived:
            lease.renewing = True  # nobody holds it any more, so that it is asked for no more
        elif held is False:
            self._stop(lease)

    def _stop(self, lease: Lease) -> None:
        ended = lease.hold.reservation_id not in self._leases
        if lease.lost or ended:
            return
        lease.lost = True
        lease.context.copy().run(logger.warning, "reservation.lease_lost", extra=_facts(lease))
        lease.task.cancel()


def _facts(lease: Lease) -> dict[str, str]:
    return {"reservation_id": str(lease.hold.reservation_id)}
