"""What is said about an attempt's figures is kept with them, whichever way its row is written."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Attempt, Expire
from metering.ledger.results import Ended
from metering.ledger.writer import LedgerWriter
from metering.types import EstimateReason
from tests.integration.metering.ledger import stored
from tests.integration.metering.ledger.optimistic import OptimisticBatches
from tests.properties import thorough
from tests.support import build

SELECT = """
SELECT attempt, estimated, partly_priced, own_key, service_tier, estimate_reason, reported
FROM metering_usagelog WHERE reservation_id = %s ORDER BY attempt
"""
METER = build.meter_key()
Row = tuple[Any, ...]
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def marked(
    reason: EstimateReason, guessed: bool, partly: bool, own: bool, tier: str, reported: str
) -> Attempt:
    return replace(
        build.attempt(output_tokens=1),
        estimated=guessed or bool(reason),
        partly_priced=partly,
        own_key=own,
        service_tier=tier[:32],
        estimate_reason=reason,
        reported=reported[:1000],
    )


attempts = st.builds(
    marked, st.sampled_from(EstimateReason), st.booleans(), st.booleans(), st.booleans(), texts, texts
)
PLAIN = marked(EstimateReason.NONE, False, False, False, "", "")
HOSTILE = marked(EstimateReason.IMPOSSIBLE, True, True, True, 'NULL"},{"', '{"total_tokens": "\\\n"}')
FULL = marked(EstimateReason.CONTRADICTORY, True, True, True, "x" * 32, "\U0001f4a5" * 1000)


def rows(database: psycopg.Connection, id_: UUID) -> list[Row]:
    return database.execute(SELECT, (id_,)).fetchall()


def expected(said: list[Attempt]) -> list[Row]:
    return [
        (place, a.estimated, a.partly_priced, a.own_key, a.service_tier, a.estimate_reason.value, a.reported)
        for place, a in enumerate(said, 1)
    ]


async def by_optimistic_batches(
    ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection
) -> UUID:
    """The writer that ends the call has held it."""
    return (await stored.held(ledger, build.line(METER, 10, 2**40)))[0]


async def under_locks(ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection) -> UUID:
    """Another process has held it."""
    return (await stored.held(other, build.line(METER, 10, 2**40)))[0]


async def after_an_expiry(ledger: LedgerWriter, other: LedgerWriter, database: psycopg.Connection) -> UUID:
    """The first attempt's row is there already, and is replaced."""
    return await stored.expired(other, database, build.line(METER, 10, 2**40))


Way = Callable[[LedgerWriter, LedgerWriter, psycopg.Connection], Awaitable[UUID]]


@pytest.mark.parametrize("way", [by_optimistic_batches, under_locks, after_an_expiry])
def test_every_mark_arrives_as_it_was_said(
    way: Way, conninfo: str, database: psycopg.Connection, optimistic: OptimisticBatches
) -> None:
    with asyncio.Runner() as runner:
        ledger, other = LedgerWriter(conninfo), LedgerWriter(conninfo)
        for writer in (ledger, other):
            runner.run(writer.start())
        runner.run(by_optimistic_batches(ledger, other, database))  # so that this one knows the meter
        before, calls = optimistic.done, 0

        @thorough(40)
        @given(st.lists(attempts, min_size=1, max_size=4))
        @example([PLAIN])
        @example([PLAIN, HOSTILE, FULL])
        def check(said: list[Attempt]) -> None:
            nonlocal calls
            calls += 1
            numbered = tuple(replace(item, number=number) for number, item in enumerate(said, 1))
            id_ = runner.run(way(ledger, other, database))
            assert isinstance(runner.run(ledger.submit(build.settle(id_, attempts=numbered))), Ended)
            assert rows(database, id_) == expected(said)

        try:
            check()
            wanted = 2 * calls if way is by_optimistic_batches else 0  # holds and settlements
            found = optimistic.done - before if way is by_optimistic_batches else 0
            assert found == wanted
        finally:
            for writer in (ledger, other):
                runner.run(writer.close())
    assert verify_ledger(conninfo) == []


async def test_in_one_batch_each_call_keeps_its_own_marks(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    ids = await stored.held(ledger, build.line(METER, 10, 2**40), count=3)
    said = dict(zip(ids, (HOSTILE, PLAIN, FULL), strict=True))
    await asyncio.gather(*[ledger.submit(build.settle(id_, attempts=(said[id_],))) for id_ in ids])
    for id_ in ids:
        assert rows(database, id_) == expected([said[id_]])


async def test_a_provisional_charge_is_an_estimate_of_what_nobody_answered(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    id_ = await stored.expired(ledger, database, build.line(METER))
    assert rows(database, id_) == [(1, True, False, False, "", "unanswered", "")]
    await ledger.submit(build.release(id_))
    assert rows(database, id_) == [(1, False, False, False, "", "", "")], (
        "it was found out that nothing was sent"
    )


async def test_a_truth_that_comes_late_leaves_no_mark_of_the_estimate(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    id_ = await stored.expired(ledger, database, build.line(METER))
    await ledger.submit(build.settle(id_, 4))
    assert rows(database, id_) == [(1, False, False, False, "", "", "")]


async def test_a_truth_once_told_is_not_replaced(ledger: LedgerWriter, database: psycopg.Connection) -> None:
    [id_] = await stored.held(ledger, build.line(METER))
    await ledger.submit(build.settle(id_, attempts=(HOSTILE,)))
    await ledger.submit(Expire(reservation_id=id_))
    await ledger.submit(build.settle(id_, attempts=(FULL,)))
    assert rows(database, id_) == expected([HOSTILE])


@pytest.mark.parametrize(
    "change",
    ["estimate_reason = 'guessed', estimated = true", "estimate_reason = 'cut', estimated = false"],
)
async def test_the_database_keeps_no_reason_that_makes_no_sense(
    change: str, ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    [id_] = await stored.held(ledger, build.line(METER))
    await ledger.submit(build.settle(id_, 4))
    with pytest.raises(psycopg.errors.CheckViolation, match="usagelog_estimate_reason"):
        database.execute(f"UPDATE metering_usagelog SET {change}".encode())
