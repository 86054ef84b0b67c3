"""Batches in one round trip on what the process remembers of its holds, and what stands against them."""

import asyncio

import psycopg

from metering.ids import uuid7
from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Expire
from metering.ledger.results import Ended, Granted, Reason, Refused
from metering.ledger.writer import LedgerWriter
from metering.types import ReservationState
from tests.integration.metering.ledger.optimistic import OptimisticBatches
from tests.integration.metering.ledger.stored import meter_row, run_out
from tests.support.build import extend, line, meter_key, release, reserve, settle


async def test_what_is_known_is_written_in_one_round_trip(
    ledger: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    await ledger.submit(reserve(line(tokens, 1)))
    hold = reserve(line(tokens, 10))
    granted = await ledger.submit(hold)
    ended = await ledger.submit(settle(hold.reservation_id, 4))
    assert optimistic.tried == optimistic.done == 2
    assert isinstance(granted, Granted)
    assert [(each.used, each.held) for each in granted.balances] == [(0, 11)]
    assert isinstance(ended, Ended)
    assert ended.charges == (4,)
    assert meter_row(database, tokens) == {
        "used": 4,
        "held": 1,
        "overrun": 0,
        "unenforced": 0,
        "highest_limit": 100,
    }


async def test_a_reserve_that_another_process_made_already_is_answered_again(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    await ledger.submit(reserve(line(tokens, 10)))
    hold = reserve(line(tokens, 10))
    await other.submit(hold)
    assert await ledger.submit(hold) == Granted(reservation_id=hold.reservation_id, replayed=True)
    assert (optimistic.tried, optimistic.done) == (1, 0)
    assert meter_row(database, tokens)["held"] == 20


async def test_a_hold_that_another_process_ended_is_not_ended_again(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    hold = reserve(line(tokens, 10))
    await ledger.submit(hold)
    await other.submit(settle(hold.reservation_id, 3))
    refused = await ledger.submit(settle(hold.reservation_id, 4))
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.ALREADY_SETTLED
    assert (optimistic.tried, optimistic.done) == (1, 0)
    assert meter_row(database, tokens)["used"] == 3


async def test_a_hold_that_another_process_enlarged_is_charged_on_all_its_meters(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches, database: psycopg.Connection
) -> None:
    tokens, more = meter_key(), meter_key()
    hold = reserve(line(tokens, 10))
    await ledger.submit(hold)
    await other.submit(extend(hold.reservation_id, line(more, 5)))
    ended = await ledger.submit(settle(hold.reservation_id, 4))
    assert isinstance(ended, Ended)
    assert ended.charges == (4, 4)
    assert (optimistic.tried, optimistic.done) == (1, 0)
    assert meter_row(database, more)["used"] == 4


async def test_a_late_settle_of_a_hold_that_was_swept_is_trued_up(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> None:
    tokens = meter_key()
    hold = reserve(line(tokens, 10))
    await ledger.submit(hold)
    run_out(database, hold.reservation_id)
    await other.submit(Expire(reservation_id=hold.reservation_id))
    ended = await ledger.submit(settle(hold.reservation_id, 4))
    assert isinstance(ended, Ended)
    assert ended.state is ReservationState.EXPIRED
    assert meter_row(database, tokens)["used"] == 4


async def test_what_is_given_back_and_held_anew_past_a_limit_is_counted_as_it_was(
    ledger: LedgerWriter, other: LedgerWriter, optimistic: OptimisticBatches, conninfo: str
) -> None:
    """The sums are equal, but by then another process had made room, so that nothing went past the limit."""
    tokens = meter_key()
    soft = line(tokens, 10, enforced=False)
    most, some, past = reserve(line(tokens, 75)), reserve(line(tokens, 20)), reserve(soft)
    await other.submit(most)
    await other.submit(some)
    await ledger.submit(past)
    await other.submit(release(some.reservation_id))
    done = optimistic.done
    await asyncio.gather(ledger.submit(settle(past.reservation_id, 0)), ledger.submit(reserve(soft)))
    assert optimistic.done == done
    assert verify_ledger(conninfo) == []


async def test_a_hold_on_no_meter_is_made_and_ended(
    ledger: LedgerWriter, optimistic: OptimisticBatches
) -> None:
    await ledger.submit(reserve(line(meter_key())))
    hold = reserve()
    assert isinstance(await ledger.submit(hold), Granted)
    assert isinstance(await ledger.submit(settle(hold.reservation_id)), Ended)
    assert optimistic.tried == optimistic.done == 2


async def test_an_id_far_from_the_databases_time_is_refused(ledger: LedgerWriter) -> None:
    await ledger.submit(reserve(line(meter_key())))
    refused = await ledger.submit(reserve(id_=uuid7(1)))
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.BAD_ID


async def test_a_hold_that_ended_under_locks_is_not_remembered(conninfo: str, ledger: LedgerWriter) -> None:
    tokens = meter_key()
    hold = reserve(line(tokens, 10))
    await ledger.submit(hold)
    keyed = reserve(line(tokens, 10), idempotency_key="a key", idempotency_digest=1)
    await asyncio.gather(ledger.submit(settle(hold.reservation_id, 4)), ledger.submit(keyed))
    assert ledger.remembered == 0
