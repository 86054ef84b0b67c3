"""Batches in one round trip, though the meters may count otherwise than the process remembers."""

import asyncio

import psycopg

from metering.ledger.results import Denied, Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window
from tests.integration.metering.ledger.optimistic import OptimisticBatches
from tests.integration.metering.ledger.stored import meter_row
from tests.support.build import line, meter_key, release, reserve, settle

TIES = "UPDATE metering_usagemeter SET window_end = clock_timestamp() WHERE subject_id = %s"


async def test_room_that_another_process_took_is_denied(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    await ledger.submit(reserve(line(tokens, 10)))
    await other.submit(reserve(line(tokens, 85)))
    denied = await ledger.submit(reserve(line(tokens, 10)))
    assert isinstance(denied, Denied)
    assert (denied.denials[0].held, denied.denials[0].limit) == (95, 100)
    assert (optimistic.tried, optimistic.done) == (1, 0)
    assert meter_row(database, tokens)["held"] == 95


async def test_the_last_room_is_given_to_as_many_as_fit_it(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches
) -> None:
    """One of two reserves of a batch fits: the first."""
    tokens = meter_key()
    await ledger.submit(reserve(line(tokens, 10)))
    await other.submit(reserve(line(tokens, 75)))
    both = [reserve(line(tokens, 10)) for _ in range(2)]
    answers = await asyncio.gather(*map(ledger.submit, both))
    assert [type(answer) for answer in answers] == [Granted, Denied]
    assert (optimistic.tried, optimistic.done) == (1, 0)


async def test_room_that_another_process_gave_back_is_used(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    hold = reserve(line(tokens, 90))
    await other.submit(hold)
    assert isinstance(await ledger.submit(reserve(line(tokens, 20))), Denied)
    await other.submit(release(hold.reservation_id))
    assert isinstance(await ledger.submit(reserve(line(tokens, 20))), Granted)
    assert meter_row(database, tokens)["held"] == 20


async def test_the_answer_of_an_optimistic_batch_tells_what_the_meter_really_counts(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches
) -> None:
    tokens = meter_key()
    await ledger.submit(reserve(line(tokens, 10)))
    spent = reserve(line(tokens, 30))
    await other.submit(spent)
    await other.submit(settle(spent.reservation_id, 25))
    await other.submit(reserve(line(tokens, 5)))
    granted = await ledger.submit(reserve(line(tokens, 10)))
    assert optimistic.done == 3  # the other process, too, knew its meter after its first batch
    assert isinstance(granted, Granted)
    assert [(each.used, each.held) for each in granted.balances] == [(25, 25)]


async def test_a_window_that_has_passed_meanwhile_takes_no_more_holds(
    ledger: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    """The database's own clock decides, whatever this process believes."""
    hourly = meter_key(window=Window.HOUR)
    await ledger.submit(reserve(line(hourly, 10)))
    database.execute(TIES, (hourly.subject_id,))
    await ledger.submit(reserve(line(hourly, 10)))
    assert (optimistic.tried, optimistic.done) == (1, 0)


async def test_a_charge_beyond_its_hold_is_counted_as_overrun(
    ledger: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    hold = reserve(line(tokens, 10))
    await ledger.submit(hold)
    await ledger.submit(settle(hold.reservation_id, 14))
    assert optimistic.done == 0
    assert meter_row(database, tokens)["overrun"] == 4


async def test_an_amount_past_an_unenforced_limit_is_counted_as_unenforced(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    soft = line(tokens, 10, enforced=False)
    await ledger.submit(reserve(soft))
    await other.submit(reserve(line(tokens, 85)))
    await ledger.submit(reserve(soft))
    assert (optimistic.tried, optimistic.done) == (1, 0)
    assert meter_row(database, tokens)["unenforced"] == 5


async def test_every_reserve_of_a_batch_keeps_to_its_own_limit(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    await ledger.submit(reserve(line(tokens, 10)))
    await other.submit(reserve(line(tokens, 80)))
    both = [reserve(line(tokens, 10, limit=95)), reserve(line(tokens, 10, limit=200))]
    answers = await asyncio.gather(*map(ledger.submit, both))
    assert [type(answer) for answer in answers] == [Denied, Granted]
    assert (optimistic.tried, optimistic.done) == (1, 0)
    assert meter_row(database, tokens)["held"] == 100


async def test_the_highest_limit_ever_in_force_is_kept(
    ledger: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    for limit in (100, 300, 50):
        await ledger.submit(reserve(line(tokens, 1, limit=limit)))
    assert optimistic.done == 2
    assert meter_row(database, tokens)["highest_limit"] == 300


async def test_concurrency_is_freed_by_its_settle(
    ledger: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    slots = meter_key(Dimension.CONCURRENCY, Window.NONE)
    await ledger.submit(reserve(line(slots, 1, 2)))
    hold = reserve(line(slots, 1, 2))
    await ledger.submit(hold)
    await ledger.submit(settle(hold.reservation_id, 10))
    assert optimistic.tried == optimistic.done == 2
    assert meter_row(database, slots)["held"] == 1
