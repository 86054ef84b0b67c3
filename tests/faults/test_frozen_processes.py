"""A process that is frozen while it holds locks does not stop the others, and ends properly once it thaws."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator

import pytest

from metering.ledger.postgres.connect import LOCK_TIMEOUT_MS
from metering.ledger.results import Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension
from tests.faults.proxy import proxy_to
from tests.faults.rows import assert_the_ledger_balances, counts, meter_row
from tests.faults.waiting import until
from tests.faults.workers import Story, Worker, job, started_workers
from tests.support.build import line, meter_key, reserve, settle

HOT = meter_key(Dimension.TOKENS, subject_id="hot")
LIMIT = 10**9
STORIES = 60
FROZEN_S = 9.0
"""Longer than anybody may wait for it."""
LONGEST_WAIT_S = LOCK_TIMEOUT_MS / 1000 + 5
"""The lock timeout, and what a busy machine adds to it."""
LEASE_S = 1
WITHIN_S = 40
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def story() -> Story:
    hold = reserve(line(HOT, 10, LIMIT), lease_s=LEASE_S)
    return [hold, settle(hold.reservation_id, 7)]


def longest_wait(workers: list[Worker]) -> float:
    return max(event[4] for worker in workers for event in worker.told("answered"))


@pytest.mark.parametrize("failpoint", ["after_lock", "before_commit", "after_commit"])
async def test_others_wait_no_longer_than_the_lock_timeout_for_a_stopped_process(
    database: str, failpoint: str
) -> None:
    frozen_job = job(database, [story() for _ in range(STORIES)], failpoint=[failpoint, 3, signal.SIGSTOP])
    # Each of the others goes on sending while the first is frozen.
    slow_stories = [[FROZEN_S * number / STORIES, *story()] for number in range(STORIES)]
    other_jobs = [job(database, slow_stories[place::2]) for place in range(2)]
    sweeper_job = {"database": database, "sweep": True, "every_s": 0.1}
    async with started_workers([frozen_job, *other_jobs, sweeper_job]) as (frozen, *others, sweeper):
        frozen.begin()
        await until(lambda: bool(frozen.told("signal")), within_s=WITHIN_S)
        frozen_at = time.monotonic()
        for worker in (*others, sweeper):
            worker.begin()
        for worker in others:
            assert await worker.ended(WITHIN_S) == 0
        await asyncio.sleep(max(0.0, frozen_at + FROZEN_S - time.monotonic()))
        frozen.send_signal(signal.SIGCONT)
        assert await frozen.ended(WITHIN_S) == 0

    assert [event for worker in (frozen, *others) for event in worker.told("failed")] == []
    assert longest_wait(others) < LONGEST_WAIT_S
    if failpoint != "after_commit":
        assert longest_wait(others) > 1, "nobody met its locks"
    # Those whose lease ran out meanwhile were expired, and trued up by their owner's late settle.
    assert len(frozen.answers("Ended")) == STORIES
    assert meter_row(database, HOT).used == 2 * STORIES * 7
    assert counts(database)[2] == 2 * STORIES
    assert_the_ledger_balances(database, grace_s=0)


async def test_a_process_cut_off_in_the_middle_of_its_writes_does_not_stop_the_others(database: str) -> None:
    """The server has its writes and not the end of its message: no statement runs, and none is awaited."""
    async with proxy_to(database) as proxy:

        def cut_off(step: str) -> None:
            proxy.holds_client_sync = step == "after_lock" and not held

        held: list[bool] = []
        async with (
            started(LedgerWriter(database)) as other,
            started(LedgerWriter(proxy.url, on_step=cut_off)) as silent,
        ):
            await other.submit(reserve(line(HOT, 1, LIMIT)))
            late = asyncio.create_task(silent.submit(reserve(line(HOT, 1, LIMIT))))
            await until(lambda: proxy.holds_client_sync, within_s=WITHIN_S)
            await asyncio.sleep(0.2)
            held.append(True)
            proxy.holds_client_sync = False
            began = time.monotonic()
            assert isinstance(await other.submit(reserve(line(HOT, 1, LIMIT))), Granted)
            waited_s = time.monotonic() - began
            assert 1 < waited_s < LONGEST_WAIT_S
            proxy.close_connections()
            assert isinstance(await asyncio.wait_for(late, WITHIN_S), Granted)
    assert meter_row(database, HOT).held == 3
    assert_the_ledger_balances(database)


@contextlib.asynccontextmanager
async def started(ledger: LedgerWriter) -> AsyncIterator[LedgerWriter]:
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.close(1)
