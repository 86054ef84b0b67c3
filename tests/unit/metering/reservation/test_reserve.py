import asyncio

import pytest

from metering.background import BackgroundTasks
from metering.errors import BudgetExceeded, ConcurrencyExceeded, LedgerOverloaded, MeteringUnavailable
from metering.ledger.commands import Release, Reserve
from metering.types import Dimension, ReservationState
from tests.fakes.allowance import hold_for
from tests.fakes.ledger import WatchedLedger
from tests.fakes.policy import line


async def test_each_dimension_holds_its_part_of_the_bound() -> None:
    ledger = WatchedLedger()
    lines = [line(dimension, 2**40) for dimension in Dimension]
    hold = await hold_for(ledger, *lines)
    held = {limit.meter.dimension: ledger.held_on(limit) for limit in hold.held}
    assert held == {
        Dimension.REQUESTS: 1,
        Dimension.CONCURRENCY: 1,
        Dimension.INPUT_TOKENS: hold.bound.input_tokens,
        Dimension.OUTPUT_TOKENS: 100,
        Dimension.TOKENS: hold.bound.input_tokens + 100,
        Dimension.COST: hold.bound.cost_nano_usd,
        Dimension.STEPS: 1,
    }


async def test_a_denial_names_budget_use_and_limit() -> None:
    budget = line(Dimension.COST, 5_000)
    with pytest.raises(BudgetExceeded) as caught:
        await hold_for(WatchedLedger(), line(Dimension.REQUESTS, 9), budget)
    usage = caught.value.usage
    assert (usage.budget, usage.scope, usage.dimension, usage.period) == (
        "tenant cost/day",
        "tenant",
        "cost",
        "day",
    )
    assert (usage.current, usage.held, usage.limit) == (0, 0, 5_000)
    assert "$0.000005" in caught.value.message
    assert "larger than the whole budget" in caught.value.message


async def test_too_many_in_flight_is_its_own_error() -> None:
    ledger = WatchedLedger()
    slots = line(Dimension.CONCURRENCY, 1)
    await hold_for(ledger, slots)
    with pytest.raises(ConcurrencyExceeded, match="1 of 1") as caught:
        await hold_for(ledger, slots)
    assert (caught.value.retry_after_s, caught.value.reset_at) == (1, None)


async def test_of_several_denials_the_longest_is_told() -> None:
    ledger = WatchedLedger()
    with pytest.raises(BudgetExceeded):
        await hold_for(ledger, line(Dimension.CONCURRENCY, 0), line(Dimension.REQUESTS, 0))


async def test_an_unanswered_hold_is_cancelled_for_good() -> None:
    ledger, background = WatchedLedger(), BackgroundTasks()
    ledger.fail_next = [MeteringUnavailable("away"), MeteringUnavailable("still away")]
    with pytest.raises(MeteringUnavailable):
        await hold_for(ledger, background=background)
    await background.drain(5)
    (asked,) = ledger.of_type(Reserve)
    assert ledger.state_of(asked.reservation_id) is ReservationState.RELEASED
    assert len(ledger.of_type(Release)) == 2


async def test_a_caller_who_goes_while_waiting_leaves_no_hold() -> None:
    ledger, background = WatchedLedger(), BackgroundTasks()
    ledger.gate = asyncio.Event()
    waiting = asyncio.create_task(hold_for(ledger, line(Dimension.REQUESTS, 5), background=background))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    ledger.gate.set()
    await background.drain(5)
    assert [type(command) for command in ledger.commands] == [Reserve, Release]
    assert ledger.balance_of(line(Dimension.REQUESTS, 5).meter) == (0, 0)


async def test_an_overloaded_ledger_gets_no_more_work() -> None:
    ledger, background = WatchedLedger(), BackgroundTasks()
    ledger.fail_next = [LedgerOverloaded("full")]
    with pytest.raises(LedgerOverloaded):
        await hold_for(ledger, background=background)
    await background.drain(1)
    assert ledger.of_type(Release) == []
