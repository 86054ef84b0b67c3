"""Four processes race for a limit with room for exactly N calls: exactly N are admitted."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import psycopg
import pytest

from metering.ledger.commands import Attempt, MeterKey
from metering.ledger.results import Denied, Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension
from tests.faults.rows import MeterRow, assert_the_ledger_balances, counts, meter_row
from tests.faults.workers import Story, Worker, job, run_together
from tests.support.build import attempt, line, meter_key, reserve, settle

PROCESSES = 4
TASKS = 100
ROOM = 61
AMOUNTS = {Dimension.REQUESTS: 1, Dimension.TOKENS: 700, Dimension.COST: 1_234_567_891}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def answered(workers: list[Worker], kind: str) -> int:
    return sum(len(worker.answers(kind)) for worker in workers)


def spent(dimension: Dimension, amount: int) -> tuple[Attempt, ...]:
    used = {Dimension.TOKENS: "output_tokens", Dimension.COST: "cost_nano_usd"}
    return (attempt(**{used[dimension]: amount} if dimension in used else {}),)


@contextlib.asynccontextmanager
async def watched(database: str, key: MeterKey, limit: int) -> AsyncIterator[list[int]]:
    """Reads the meter all the time; what is charged and held may never pass the limit."""
    seen: list[int] = []

    async def watch() -> None:
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
            while True:
                cursor = await connection.execute(
                    "SELECT used + held, used FROM metering_usagemeter WHERE subject_id = %s",
                    (key.subject_id,),
                )
                for taken, used in await cursor.fetchall():
                    assert used <= taken <= limit
                    seen.append(taken)
                await asyncio.sleep(0.001)

    task = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("dimension", AMOUNTS)
async def test_exactly_as_many_calls_are_admitted_as_there_is_room_for(
    database: str, dimension: Dimension
) -> None:
    key, amount = meter_key(dimension, subject_id="shared"), AMOUNTS[dimension]
    limit = ROOM * amount + amount - 1

    def story() -> Story:
        hold = reserve(line(key, amount, limit))
        return [hold, settle(hold.reservation_id, attempts=spent(dimension, amount))]

    jobs = [job(database, [story() for _ in range(TASKS)]) for _ in range(PROCESSES)]
    async with watched(database, key, limit) as seen:
        workers = await run_together(jobs, within_s=60)

    assert answered(workers, "Granted") == ROOM
    assert answered(workers, "Denied") == PROCESSES * TASKS - ROOM
    assert answered(workers, "Ended") == ROOM
    row = meter_row(database, key)
    assert (row.used, row.held, row.overrun, row.unenforced) == (ROOM * amount, 0, 0, 0)
    assert counts(database) == (ROOM, ROOM, ROOM)
    assert len(seen) > 10
    assert_the_ledger_balances(database)


@pytest.mark.parametrize("dimension", [Dimension.TOKENS, Dimension.COST])
async def test_what_settling_gives_back_is_admitted_to_the_last_unit(
    database: str, dimension: Dimension
) -> None:
    key, limit, dice = meter_key(dimension, subject_id="shared"), 1_000_000, random.Random(7)

    def story() -> Story:
        amount = dice.randint(1, 40_000)
        hold = reserve(line(key, amount, limit))
        return [hold, settle(hold.reservation_id, attempts=spent(dimension, dice.randint(0, amount)))]

    jobs = [job(database, [story() for _ in range(TASKS)]) for _ in range(PROCESSES)]
    async with watched(database, key, limit) as seen:
        workers = await run_together(jobs, within_s=60)

    row = meter_row(database, key)
    assert answered(workers, "Denied") > 0, "the race was for nothing"
    assert (row.held, row.overrun) == (0, 0)
    assert max(seen) <= limit
    ledger = LedgerWriter(database)
    await ledger.start()
    last = reserve(line(key, limit - row.used, limit))
    assert isinstance(await ledger.submit(last), Granted)
    assert isinstance(await ledger.submit(reserve(line(key, 1, limit))), Denied)
    await ledger.close()
    assert_the_ledger_balances(database)


async def test_a_denial_by_the_ninth_meter_leaves_no_trace_on_the_other_eight(database: str) -> None:
    """Among calls that hold on the same eight meters, so that a trace would be written with theirs."""
    hard = [meter_key(Dimension.TOKENS, subject_id=f"hard {number}") for number in range(4)]
    soft = [meter_key(Dimension.TOKENS, subject_id=f"soft {number}") for number in range(4)]
    ninth = meter_key(Dimension.REQUESTS, subject_id="ninth")

    def story(number: int) -> Story:
        eight = [line(key, 100, 10**6) for key in hard] + [line(key, 100, 50, enforced=False) for key in soft]
        return [reserve(*eight, line(ninth, 1, 0)) if number % 4 else reserve(*eight)]

    workers = await run_together(
        [job(database, [story(number) for number in range(TASKS)]) for _ in range(PROCESSES)], within_s=60
    )

    granted = answered(workers, "Granted")
    assert granted == PROCESSES * TASKS / 4
    assert answered(workers, "Denied") == PROCESSES * TASKS - granted
    held = granted * 100
    for key in hard:
        assert meter_row(database, key) == MeterRow(0, held, 0, 0, 10**6)
    for key in soft:
        assert meter_row(database, key) == MeterRow(0, held, 0, held - 50, 50)
    assert meter_row(database, ninth) == MeterRow(0, 0, 0, 0, 0)
    assert counts(database) == (granted, 0, 0)
    assert_the_ledger_balances(database)
