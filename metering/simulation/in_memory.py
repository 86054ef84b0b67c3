"""Admission on meters and buckets of its own, at a time that somebody sets: the same plan, and nobody is charged."""

from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from metering.admission.admit import Admitted, admit
from metering.admission.demand import Demand, LoggedUse, M
from metering.admission.plan import CallPlan
from metering.amounts import Amounts
from metering.background import BackgroundTasks
from metering.labels import Labels
from metering.ledger.memory import MemoryLedger
from metering.policy.values import MeterLimits
from metering.rates.process_buckets import ProcessBuckets
from metering.reservation.hold import Hold
from metering.reservation.no_room import NoRoom
from metering.reservation.reserve import reserve
from metering.types import EnforcementMode

T = TypeVar("T")
MAX_BUCKETS = 200_000
LEASE_S = 60


class InMemoryAdmission:
    """A ledger and buckets in memory, whose clock is `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.ledger = MemoryLedger(lambda: self.now)
        self.buckets = ProcessBuckets(clock=lambda: self.now.timestamp(), max_buckets=MAX_BUCKETS)
        self._background = BackgroundTasks()

    def admit(self, plan: CallPlan[M]) -> Admitted:
        """Draw and hold what the plan says. Raises as admission does."""
        return at_once(
            admit(
                plan,
                labels=Labels(request_id="simulated", task=plan.demand.task),
                ledger=self.ledger,
                buckets=self.buckets,
                background=self._background,
                lease_s=LEASE_S,
                now=lambda: self.now,
            )
        )

    def hold(self, demand: Demand[LoggedUse], limits: MeterLimits, bound: Amounts) -> Hold:
        """Hold what happened, whether or not there is room for it."""
        held = at_once(
            reserve(
                ledger=self.ledger,
                background=self._background,
                tenant_id=demand.asker.subject.tenant_id,
                labels=Labels(request_id="simulated", task=demand.task),
                bound=bound,
                limits=_loosened(limits),
                lease_s=LEASE_S,
            )
        )
        if isinstance(held, NoRoom):
            raise AssertionError("no limit is enforced")
        return held


@lru_cache(maxsize=1_000)
def _loosened(limits: MeterLimits) -> MeterLimits:
    return tuple(replace(limit, mode=EnforcementMode.OBSERVE) for limit in limits)


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits, because all that it asks is in memory."""
    try:
        work.send(None)
    except StopIteration as end:
        answer: T = end.value
        return answer
    raise AssertionError("it waits for something")
