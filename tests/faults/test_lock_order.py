"""Who waits for a meter has nothing that the meter's owner may want, so nobody waits for a deadlock to be found."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from metering.ids import uuid7
from metering.ledger.commands import Command
from metering.ledger.postgres.connect import LOCK_TIMEOUT_MS
from metering.ledger.results import Ended, Granted, Reason, Refused, Result
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, ReservationState
from tests.faults.rows import assert_the_ledger_balances, deadlocks
from tests.support.build import line, meter_key, release, reserve, settle

HOT = meter_key(Dimension.TOKENS, subject_id="hot")
LIMIT = 1_000
TO_QUEUE_UP_S = 0.3
AT_ONCE_S = LOCK_TIMEOUT_MS / 1000
"""Shorter than anybody waits in vain; who waits for a deadlock to be found is counted by PostgreSQL."""
LOCK_HOT = "SELECT FROM metering_usagemeter WHERE subject_id = %s FOR NO KEY UPDATE"
COPY_HOLD = """
INSERT INTO metering_usagereservation
SELECT copied.* FROM metering_usagereservation held, jsonb_populate_record(held, %s) copied WHERE held.id = %s
"""
TOUCH_HOLD = "UPDATE metering_usagereservation SET version = version WHERE id = %s"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


@pytest.fixture
async def ledgers(database: str) -> AsyncIterator[list[LedgerWriter]]:
    """Two processes' writers."""
    both = [LedgerWriter(database), LedgerWriter(database)]
    for ledger in both:
        await ledger.start()
        await ledger.submit(reserve(line(HOT, 0, LIMIT)))
    yield both
    for ledger in both:
        await ledger.close()


async def queued(database: str, ledgers: list[LedgerWriter], batches: list[list[Command]]) -> list[Result]:
    """Let each batch reach the meter in turn while another transaction has it, then let them go."""
    async with await psycopg.AsyncConnection.connect(database) as owner:
        await owner.execute(LOCK_HOT, (HOT.subject_id,))
        sent = []
        for ledger, batch in zip(ledgers, batches, strict=True):
            sent += [asyncio.create_task(ledger.submit(command)) for command in batch]
            await asyncio.sleep(TO_QUEUE_UP_S)
    began = time.monotonic()
    answers = await asyncio.gather(*sent)
    assert time.monotonic() - began < AT_ONCE_S
    assert deadlocks(database) == 0
    return answers


async def test_a_reserve_and_its_release_that_wait_for_one_meter_do_not_block_each_other(
    database: str, ledgers: list[LedgerWriter]
) -> None:
    hold, other = reserve(line(HOT, 1, LIMIT)), reserve(line(HOT, 1, LIMIT))
    await ledgers[0].submit(other)
    answers = await queued(
        database,
        ledgers,
        [[hold], [settle(other.reservation_id, 1), release(hold.reservation_id)]],
    )
    reserved, settled, released = answers
    assert isinstance(settled, Ended)
    assert isinstance(released, Ended)
    assert released.state == ReservationState.RELEASED
    assert isinstance(reserved, Granted) or (
        isinstance(reserved, Refused) and reserved.reason is Reason.CANCELLED
    )
    assert_the_ledger_balances(database)


async def test_batches_that_name_each_other_s_reservations_do_not_block_each_other(
    database: str, ledgers: list[LedgerWriter]
) -> None:
    first, second, third = (reserve(line(HOT, 1, LIMIT)) for _ in range(3))
    await ledgers[0].submit(first)
    await ledgers[0].submit(second)
    answers = await queued(
        database,
        ledgers,
        [
            [settle(second.reservation_id, 1), third, settle(first.reservation_id, 1)],
            [third, settle(first.reservation_id, 1), settle(second.reservation_id, 1)],
        ],
    )
    assert all(isinstance(answer, Granted | Ended) for answer in answers)
    assert sum(answer.replayed for answer in answers) == 3
    assert_the_ledger_balances(database)


class EndsMeanwhile:
    """Another process: once a batch has its meters, it has made a reservation and ends it, and wants the meters too."""

    def __init__(
        self,
        database: str,
        pool: ThreadPoolExecutor,
        reservation_id: UUID,
        like: UUID,
        *,
        armed: bool = True,
    ) -> None:
        self._names = {"id": str(reservation_id)}, like
        self._pool = pool
        self._database = database
        self.armed = armed
        self.ended: Future[None] | None = None

    def __call__(self, step: str) -> None:
        if step == "after_lock" and self.armed:
            self.armed = False
            ending = Event()
            self.ended = self._pool.submit(self._reserve_and_end, ending)
            assert ending.wait(TO_QUEUE_UP_S * 10)
            time.sleep(TO_QUEUE_UP_S)

    def _reserve_and_end(self, ending: Event) -> None:
        with psycopg.connect(self._database) as connection:
            connection.execute(COPY_HOLD, (Jsonb(self._names[0]), self._names[1]))
            connection.commit()
            connection.execute(TOUCH_HOLD, (self._names[0]["id"],))
            ending.set()
            connection.execute(LOCK_HOT, (HOT.subject_id,))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


async def test_a_release_that_comes_before_its_reserve_does_not_block_the_reservation_s_end(
    database: str, ledgers: list[LedgerWriter], pool: ThreadPoolExecutor
) -> None:
    hold, like, unknown = reserve(line(HOT, 1, LIMIT)), reserve(line(HOT, 1, LIMIT)), uuid7()
    await ledgers[0].submit(like)
    meanwhile = EndsMeanwhile(database, pool, unknown, like.reservation_id)
    third = LedgerWriter(database, on_step=meanwhile)
    await third.start()
    answers = await asyncio.gather(third.submit(release(unknown)), third.submit(hold))
    await third.close()
    assert meanwhile.ended is not None
    meanwhile.ended.result()
    assert deadlocks(database) == 0
    assert [type(answer) for answer in answers] == [Ended, Granted]


async def test_an_optimistic_reserve_sent_again_does_not_block_the_end_of_its_first_copy(
    database: str, ledgers: list[LedgerWriter], pool: ThreadPoolExecutor
) -> None:
    """It has its meters when it finds that the other copy came in between."""
    like, again = reserve(line(HOT, 1, LIMIT)), reserve(line(HOT, 1, LIMIT))
    await ledgers[0].submit(like)
    meanwhile = EndsMeanwhile(database, pool, again.reservation_id, like.reservation_id, armed=False)
    third = LedgerWriter(database, on_step=meanwhile)
    await third.start()
    await third.submit(reserve(line(HOT, 1, LIMIT)))  # from here on it knows the meter
    meanwhile.armed = True
    await third.submit(again)
    await third.close()
    assert meanwhile.ended is not None
    meanwhile.ended.result()
    assert deadlocks(database) == 0
