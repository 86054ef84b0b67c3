"""Admission on meters and buckets of its own, at a time that somebody sets: the same plan, and nobody is charged."""

from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

from metering.admission.admit import Admitted, admit
from metering.admission.demand import M
from metering.admission.plan import CallPlan
from metering.background import BackgroundTasks
from metering.labels import Labels
from metering.ledger.memory import MemoryLedger
from metering.rates.process_buckets import ProcessBuckets

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
                labels=lambda admitted: Labels(request_id="simulated", task=admitted.demand.task),
                ledger=self.ledger,
                buckets=self.buckets,
                background=self._background,
                lease_s=LEASE_S,
                now=lambda: self.now,
                aside=False,
            )
        )


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits, because all that it asks is in memory."""
    try:
        work.send(None)
    except StopIteration as end:
        answer: T = end.value
        return answer
    raise AssertionError("it waits for something")
