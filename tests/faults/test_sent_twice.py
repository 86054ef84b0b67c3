"""The same command twice at the same time: the second copy is answered as the first was."""

import asyncio
import threading
import time

import msgspec
import pytest

from metering.ledger.commands import Command, MeterKey
from metering.ledger.postgres.conflict import BatchConflict
from metering.ledger.postgres.openings import Openings
from metering.ledger.postgres.process_cache import ProcessCache
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.results import Ended, Granted, Reason, Refused, Result
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension
from tests.faults.rows import assert_the_ledger_balances, counts, meter_row
from tests.support.build import line, meter_key, release, reserve, settle

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
OTHER = meter_key(Dimension.TOKENS, subject_id="other")
COMMIT_TAKES_S = 0.7
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


def send_while_committing(database: str, first: Command, second: Command) -> Result:
    """The answer to a command that arrives while the first one, carried out, has not committed yet."""
    locked = threading.Event()

    def commit_slowly(step: str) -> None:
        if step == "before_commit":
            locked.set()
            time.sleep(COMMIT_TAKES_S)

    async def carry_out() -> None:
        store = PostgresStore(database, ProcessCache(), Openings(database), on_step=commit_slowly)
        [answer] = await store.run([first])
        await store.close()
        assert isinstance(answer, Granted | Ended)

    async def send() -> Result:
        ledger = LedgerWriter(database)
        await ledger.start()
        try:
            return await ledger.submit(second)
        finally:
            await ledger.close()

    thread = threading.Thread(target=asyncio.run, args=(carry_out(),))
    thread.start()
    try:
        assert locked.wait(10)
        return asyncio.run(send())
    finally:
        thread.join(10)


def open_meters(database: str) -> None:
    async def hold_nothing() -> None:
        store = PostgresStore(database, ProcessCache(), Openings(database))
        await store.run([reserve(line(TOKENS, 0, 10), line(OTHER, 0, 10))])
        await store.close()

    asyncio.run(hold_nothing())


def test_a_reserve_that_took_the_last_room_is_not_denied_by_its_own_hold(database: str) -> None:
    open_meters(database)
    hold = reserve(line(TOKENS, 10, 10))
    assert send_while_committing(database, hold, hold) == Granted(
        reservation_id=hold.reservation_id, replayed=True
    )
    assert meter_row(database, TOKENS).held == 10
    assert_the_ledger_balances(database)


def test_a_reserve_of_nothing_is_carried_out_once(database: str) -> None:
    hold = reserve()
    answer = send_while_committing(database, hold, hold)
    assert answer == Granted(reservation_id=hold.reservation_id, replayed=True)
    assert counts(database) == (1, 0, 0)


def test_of_one_id_with_two_bodies_the_second_is_refused(database: str) -> None:
    open_meters(database)
    hold = reserve(line(TOKENS, 10, 10))
    other = reserve(line(OTHER, 10, 10), id_=hold.reservation_id)
    answer = send_while_committing(database, hold, other)
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.OTHER_BODY
    assert meter_row(database, OTHER).held == 0
    assert_the_ledger_balances(database)


@pytest.mark.parametrize("other", [TOKENS, OTHER])
def test_of_one_idempotency_key_on_two_ids_the_second_is_told_of_the_first(
    database: str, other: MeterKey
) -> None:
    """Also where the first has taken the last room of the second's meter."""
    open_meters(database)
    first, second = (
        msgspec.structs.replace(reserve(line(key, 10, 10)), idempotency_key="the same", idempotency_digest=1)
        for key in (TOKENS, other)
    )
    answer = send_while_committing(database, first, second)
    assert isinstance(answer, Refused)
    assert (answer.reason, answer.other_id) == (Reason.KEY_IN_PROGRESS, first.reservation_id)
    assert meter_row(database, OTHER).held == 0
    assert_the_ledger_balances(database)


def test_a_release_that_overtakes_its_reserve_ends_it(database: str) -> None:
    open_meters(database)
    hold = reserve(line(TOKENS, 10, 10))
    answer = send_while_committing(database, hold, release(hold.reservation_id))
    assert isinstance(answer, Ended)
    assert meter_row(database, TOKENS).held == 0
    assert_the_ledger_balances(database)


def test_a_reserve_that_comes_after_its_release_is_cancelled(database: str) -> None:
    open_meters(database)
    hold = reserve(line(TOKENS, 10, 10))
    answer = send_while_committing(database, release(hold.reservation_id), hold)
    assert isinstance(answer, Refused)
    assert answer.reason is Reason.CANCELLED
    assert_the_ledger_balances(database)


def test_a_settle_sent_twice_charges_once(database: str) -> None:
    hold = reserve(line(TOKENS, 10, 10))

    async def hold_it() -> None:
        store = PostgresStore(database, ProcessCache(), Openings(database))
        try:
            await store.run([hold])
        except BatchConflict:
            await store.run([hold])
        await store.close()

    asyncio.run(hold_it())
    used = settle(hold.reservation_id, 4)
    answer = send_while_committing(database, used, used)
    assert isinstance(answer, Ended)
    assert answer.replayed
    assert meter_row(database, TOKENS).used == 4
    assert_the_ledger_balances(database)
