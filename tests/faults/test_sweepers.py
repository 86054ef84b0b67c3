"""Sweepers in several processes, and owners who come late: each overdue hold ends once."""

import asyncio
from collections import Counter

import pytest

from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, EntryKind, ReservationState
from tests.faults.rows import assert_the_ledger_balances, meter_row, query, states
from tests.faults.waiting import until, until_leases_are_over
from tests.faults.workers import Worker, job, started_workers
from tests.support.build import line, meter_key, reserve, settle

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
IN_FLIGHT = meter_key(Dimension.CONCURRENCY, subject_id="calls in flight")
HOLDS = 2_400
SWEEPERS = 3
HELD_EACH = 100
USED_EACH = 40
WITHIN_S = 30
pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


async def test_several_sweepers_and_late_owners_end_each_overdue_hold_once(database: str) -> None:
    lines = [line(TOKENS, HELD_EACH, HOLDS * HELD_EACH), line(IN_FLIGHT, 1, HOLDS)]
    holds = [reserve(*lines, lease_s=1) for _ in range(HOLDS)]
    ledger = LedgerWriter(database)
    await ledger.start()
    await asyncio.gather(*[ledger.submit(hold) for hold in holds])
    await ledger.close()
    await until_leases_are_over(database)
    assert meter_row(database, IN_FLIGHT).held == HOLDS

    late = job(database, [[settle(hold.reservation_id, USED_EACH)] for hold in holds[::2]])
    sweeping = {"database": database, "sweep": True, "every_s": 0.01}
    async with started_workers([late, *[sweeping] * SWEEPERS]) as (owner, *sweepers):
        owner.begin()
        await until(lambda: bool(owner.told("answered")), within_s=WITHIN_S)
        for sweeper in sweepers:
            sweeper.begin()
        assert await owner.ended(WITHIN_S) == 0
        await until(lambda: ReservationState.HELD not in states(database).values(), within_s=WITHIN_S)
        # The last sweep is told of after its rows are committed.
        await until(lambda: all(found_nothing(sweeper) for sweeper in sweepers), within_s=WITHIN_S)
        swept = sum(expired for worker in sweepers for _, expired, _ in worker.told("swept"))

    assert len(owner.answers("Ended")) == HOLDS / 2
    assert swept == Counter(states(database).values())[ReservationState.EXPIRED]
    kinds = dict(query(database, "SELECT kind, count(*) FROM metering_ledgerentry GROUP BY 1"))
    assert kinds[EntryKind.EXPIRE] == swept
    assert kinds.get(EntryKind.SETTLE, 0) + kinds.get(EntryKind.TRUE_UP, 0) == HOLDS / 2
    assert meter_row(database, TOKENS).used == HOLDS // 2 * (HELD_EACH + USED_EACH)
    assert meter_row(database, IN_FLIGHT).held == 0
    assert_the_ledger_balances(database, grace_s=0)


def found_nothing(sweeper: Worker) -> bool:
    return sweeper.told("swept")[-1:] == [["swept", 0, 0]]
