import asyncio
from contextlib import aclosing
from uuid import UUID

import pytest

from metering.errors import BudgetExceeded, MeteringUnavailable, TransitionRefused, VendorError, VendorTimeout
from metering.ids import derived_id
from metering.ledger.commands import Extend
from metering.ports import AttemptFailed, VendorAnswer, VendorCall
from metering.types import Dimension, Outcome
from tests.fakes.allowance import allowance_for, body
from tests.fakes.ledger import WatchedLedger
from tests.fakes.policy import line
from tests.fakes.vendors import FakeAnswer, FakeChunk, FakeUsage, FakeVendors

TIMEOUT = AttemptFailed("too slow", outcome=Outcome.TIMEOUT)
REFUSED = AttemptFailed("status 500", outcome=Outcome.ERROR, status=500)
UNREACHABLE = AttemptFailed("no route", outcome=Outcome.ERROR, sent=False)


async def test_a_call_is_charged_what_the_vendor_reports() -> None:
    usage = FakeUsage(input_tokens=10, output_tokens=5, reasoning_tokens=2)
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(FakeAnswer(usage=usage)))
    await allowance.complete(opening)
    (attempt,) = allowance.attempts
    assert (attempt.input_tokens, attempt.output_tokens, attempt.reasoning_tokens) == (10, 5, 2)
    assert attempt.cost_nano_usd == (10 * 1 + 5 * 2) * 1_000
    assert (attempt.outcome, attempt.estimated) == (Outcome.OK, False)


async def test_every_vendor_call_carries_the_id_of_its_row() -> None:
    vendors = FakeVendors(REFUSED, FakeAnswer())
    allowance, opening = await allowance_for(WatchedLedger(), vendors)
    with pytest.raises(VendorError):
        await allowance.complete(opening)
    await allowance.complete(opening)
    reservation_id = allowance._hold.reservation_id
    assert [UUID(call.attempt_id) for call in vendors.calls] == [
        derived_id(reservation_id, attempt.number) for attempt in allowance.attempts
    ]


async def test_a_call_after_a_refused_one_needs_no_more_room() -> None:
    ledger = WatchedLedger()
    allowance, opening = await allowance_for(
        ledger, FakeVendors(REFUSED, FakeAnswer()), line(Dimension.COST, 2**40)
    )
    with pytest.raises(VendorError) as caught:
        await allowance.complete(opening)
    assert (caught.value.status, caught.value.code) == (500, "vendor_error")
    await allowance.complete(opening)
    assert ledger.of_type(Extend) == []
    assert [(item.outcome, item.cost_nano_usd > 0) for item in allowance.attempts] == [
        (Outcome.ERROR, False),
        (Outcome.OK, True),
    ]


async def test_a_call_that_brought_nothing_and_costs_nothing_is_no_step() -> None:
    ledger = WatchedLedger()
    steps = line(Dimension.STEPS, 2)
    allowance, opening = await allowance_for(ledger, FakeVendors(REFUSED, FakeAnswer(), FakeAnswer()), steps)
    with pytest.raises(VendorError):
        await allowance.complete(opening)
    await allowance.complete(opening)
    await allowance.complete(opening)
    assert ledger.held_on(steps) == 2
    assert [attempt.steps for attempt in allowance.attempts] == [0, 1, 1]
    with pytest.raises(BudgetExceeded):
        await allowance.complete(opening)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.CUT])
async def test_an_ambiguous_call_is_charged_its_bound_and_the_next_extends_the_hold(outcome: Outcome) -> None:
    ledger = WatchedLedger()
    vendors = FakeVendors(AttemptFailed("?", outcome=outcome), FakeAnswer())
    allowance, opening = await allowance_for(ledger, vendors, line(Dimension.OUTPUT_TOKENS, 1_000))
    with pytest.raises(VendorError):
        await allowance.complete(opening)
    (attempt,) = allowance.attempts
    assert (attempt.output_tokens, attempt.estimated, attempt.outcome) == (100, True, outcome)
    await allowance.complete(opening)
    (extend,) = ledger.of_type(Extend)
    assert isinstance(extend, Extend)
    assert (extend.sequence, extend.lines[0].amount) == (1, 100)


async def test_without_room_for_another_the_call_stops_after_an_ambiguous_one() -> None:
    ledger = WatchedLedger()
    vendors = FakeVendors(TIMEOUT)
    allowance, opening = await allowance_for(ledger, vendors, line(Dimension.OUTPUT_TOKENS, 150))
    with pytest.raises(VendorTimeout):
        await allowance.complete(opening)
    with pytest.raises(BudgetExceeded):
        await allowance.complete(opening)
    assert len(vendors.calls) == 1


async def test_what_was_never_sent_leaves_no_attempt_and_its_number_free() -> None:
    vendors = FakeVendors(UNREACHABLE, FakeAnswer())
    allowance, opening = await allowance_for(WatchedLedger(), vendors)
    with pytest.raises(VendorError):
        await allowance.complete(opening)
    assert allowance.attempts == []
    await allowance.complete(opening)
    assert [item.number for item in allowance.attempts] == [1]


async def test_further_calls_extend_only_by_what_the_hold_lacks() -> None:
    ledger = WatchedLedger()
    vendors = FakeVendors(FakeAnswer(usage=FakeUsage(output_tokens=40)), FakeAnswer(), FakeAnswer())
    allowance, opening = await allowance_for(ledger, vendors, line(Dimension.OUTPUT_TOKENS, 10_000))
    await allowance.complete(opening)
    await allowance.complete(body(max_tokens=60))
    await allowance.complete(body(max_tokens=500))
    amounts = [(item.sequence, item.lines[0].amount) for item in ledger.of_type(Extend)]  # type: ignore[union-attr]
    assert amounts == [(1, 500 - (100 - 40 - 5))]


async def test_a_vendor_that_reports_more_than_the_bound_is_charged_in_full() -> None:
    usage = FakeUsage(input_tokens=5_000, output_tokens=5_000)
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(FakeAnswer(usage=usage)))
    await allowance.complete(opening)
    assert allowance.attempts[0].output_tokens == 5_000
    assert allowance._free.output_tokens == 100 - 5_000


async def test_what_is_neither_reported_nor_countable_is_charged_as_held() -> None:
    answer = FakeAnswer(usage=FakeUsage(input_tokens=None, output_tokens=30, estimate_reason="missing"))
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(answer))
    await allowance.complete(opening)
    (attempt,) = allowance.attempts
    assert (attempt.estimated, attempt.output_tokens) == (True, 30)
    assert attempt.input_tokens == allowance._hold.bound.input_tokens


async def test_a_stream_is_charged_by_its_usage_chunk() -> None:
    chunks = [FakeChunk(), FakeChunk(usage=FakeUsage(input_tokens=3, output_tokens=2), only_usage=True)]
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(chunks))
    assert len([chunk async for chunk in allowance.stream(opening)]) == 2
    assert allowance.attempts[0].cost_nano_usd == (3 + 2 * 2) * 1_000


async def test_a_stream_closed_early_is_charged_its_bound() -> None:
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors([FakeChunk(), FakeChunk()]))
    async with aclosing(allowance.stream(opening)) as chunks:
        async for _ in chunks:
            break
    (attempt,) = allowance.attempts
    assert (attempt.outcome, attempt.output_tokens, attempt.estimated) == (Outcome.CANCELLED, 100, True)


async def test_a_cut_stream_is_charged_its_bound() -> None:
    cut = AttemptFailed("cut", outcome=Outcome.CUT)
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors([FakeChunk(), cut]))
    with pytest.raises(VendorError):
        _ = [chunk async for chunk in allowance.stream(opening)]
    assert (allowance.attempts[0].outcome, allowance.attempts[0].output_tokens) == (Outcome.CUT, 100)


async def test_a_cancelled_call_is_charged_its_bound() -> None:
    vendors = FakeVendors()
    vendors.gate = asyncio.Event()
    allowance, opening = await allowance_for(WatchedLedger(), vendors)
    task = asyncio.create_task(allowance.complete(opening))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [item.outcome for item in allowance.attempts] == [Outcome.CANCELLED]


async def test_a_sealed_allowance_spends_no_more() -> None:
    vendors = FakeVendors()
    allowance, opening = await allowance_for(WatchedLedger(), vendors)
    allowance.seal()
    with pytest.raises(TransitionRefused):
        await allowance.complete(opening)
    assert vendors.calls == []


async def test_an_unanswered_extension_ends_the_spending() -> None:
    ledger = WatchedLedger()
    vendors = FakeVendors(FakeAnswer(), FakeAnswer())
    allowance, opening = await allowance_for(ledger, vendors, line(Dimension.OUTPUT_TOKENS, 10_000))
    await allowance.complete(opening)
    ledger.fail_next = [MeteringUnavailable("away")]
    with pytest.raises(MeteringUnavailable):
        await allowance.complete(body(max_tokens=900))
    with pytest.raises(TransitionRefused):
        await allowance.complete(opening)
    assert len(vendors.calls) == 1


async def test_a_stream_that_an_adapter_leaves_open_is_charged_all_the_same() -> None:
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors([FakeChunk(), FakeChunk()]))
    left_open = allowance.stream(opening)
    await anext(left_open)
    (attempt,) = allowance.seal()
    await left_open.aclose()
    assert (attempt.outcome, attempt.output_tokens) == (Outcome.CANCELLED, 100)
    assert allowance.attempts == [attempt]


async def test_calls_side_by_side_have_numbers_of_their_own_and_are_all_covered() -> None:
    ledger = WatchedLedger()
    vendors = FakeVendors()
    vendors.gate = asyncio.Event()
    budget = line(Dimension.OUTPUT_TOKENS, 10_000)
    allowance, _ = await allowance_for(ledger, vendors, budget)
    calls = [asyncio.create_task(allowance.complete(body(max_tokens=100))) for _ in range(4)]
    await asyncio.sleep(0.01)
    vendors.gate.set()
    await asyncio.gather(*calls)
    assert [attempt.number for attempt in allowance.seal()] == [1, 2, 3, 4]
    assert len({call.attempt_id for call in vendors.calls}) == 4
    assert ledger.held_on(budget) == 400
    assert [item.sequence for item in ledger.of_type(Extend)] == [1, 2, 3]  # type: ignore[union-attr]


async def test_an_unsent_attempt_beside_a_running_one_keeps_its_number() -> None:
    vendors = FakeVendors(UNREACHABLE, FakeAnswer())
    vendors.gate = asyncio.Event()
    allowance, opening = await allowance_for(WatchedLedger(), vendors)
    calls = [asyncio.create_task(allowance.complete(opening)) for _ in range(2)]
    await asyncio.sleep(0.01)
    vendors.gate.set()
    await asyncio.gather(*calls, return_exceptions=True)
    attempts = allowance.seal()
    assert [(item.number, item.outcome) for item in attempts] == [(1, Outcome.ERROR), (2, Outcome.OK)]
    assert attempts[0].cost_nano_usd == 0


async def test_a_call_that_waits_for_room_is_not_sent_after_the_seal() -> None:
    ledger, vendors = WatchedLedger(), FakeVendors()
    allowance, _ = await allowance_for(ledger, vendors, line(Dimension.OUTPUT_TOKENS, 10_000))
    ledger.gate = asyncio.Event()
    waiting = asyncio.create_task(allowance.complete(body(max_tokens=900)))
    await asyncio.sleep(0.01)
    assert allowance.seal() == ()
    ledger.gate.set()
    with pytest.raises(TransitionRefused):
        await waiting
    assert vendors.calls == []


def dead_connection() -> AttemptFailed:
    return AttemptFailed("no answer", outcome=Outcome.CUT, usage=UNANSWERED, resend=True)


UNANSWERED = FakeUsage(input_tokens=8, output_tokens=100, estimate_reason="unanswered")


async def test_a_call_on_a_dead_connection_is_sent_again_once_the_hold_covers_both() -> None:
    ledger, vendors = WatchedLedger(), FakeVendors(dead_connection(), FakeAnswer())
    allowance, opening = await allowance_for(ledger, vendors, line(Dimension.OUTPUT_TOKENS, 1_000))
    await allowance.complete(opening)
    (extend,) = ledger.of_type(Extend)
    assert isinstance(extend, Extend)
    assert extend.lines[0].amount == 100
    assert [
        (item.number, item.outcome, item.output_tokens, item.estimate_reason) for item in allowance.attempts
    ] == [
        (1, Outcome.CUT, 100, "unanswered"),
        (2, Outcome.OK, 5, ""),
    ]


async def test_a_stream_on_a_dead_connection_is_sent_again_too() -> None:
    chunks: list[FakeChunk | AttemptFailed] = [FakeChunk(), FakeChunk(usage=FakeUsage(), data=b"")]
    vendors = FakeVendors([dead_connection()], chunks)
    allowance, opening = await allowance_for(WatchedLedger(), vendors)
    assert len([chunk async for chunk in allowance.stream(opening)]) == 2
    assert [item.outcome for item in allowance.attempts] == [Outcome.CUT, Outcome.OK]


async def test_without_room_for_both_a_call_on_a_dead_connection_is_not_sent_again() -> None:
    vendors = FakeVendors(dead_connection())
    allowance, opening = await allowance_for(WatchedLedger(), vendors, line(Dimension.OUTPUT_TOKENS, 150))
    with pytest.raises(VendorError) as caught:
        await allowance.complete(opening)
    assert not caught.value.retryable
    assert [item.output_tokens for item in allowance.attempts] == [100]
    assert len(vendors.calls) == 1


async def test_a_call_that_is_cancelled_before_it_was_sent_leaves_no_attempt() -> None:
    class Connecting(FakeVendors):
        async def complete(self, call: VendorCall) -> VendorAnswer:
            await asyncio.Event().wait()
            raise AssertionError

    allowance, opening = await allowance_for(WatchedLedger(), Connecting())
    task = asyncio.create_task(allowance.complete(opening))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert allowance.seal() == ()


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.CUT])
async def test_an_ambiguous_call_is_charged_what_the_vendor_may_bill(outcome: Outcome) -> None:
    usage = FakeUsage(input_tokens=8, output_tokens=30, estimate_reason="cut")
    vendors = FakeVendors(AttemptFailed("?", outcome=outcome, usage=usage, retryable=True))
    allowance, opening = await allowance_for(WatchedLedger(), vendors)
    with pytest.raises(VendorError) as caught:
        await allowance.complete(opening)
    (attempt,) = allowance.attempts
    assert (attempt.input_tokens, attempt.output_tokens, attempt.estimate_reason) == (8, 30, "cut")
    assert not caught.value.retryable, "an SDK would pay for it again"


async def test_a_count_of_our_own_is_never_more_input_than_was_held() -> None:
    usage = FakeUsage(input_tokens=10**6, output_tokens=3, estimate_reason="missing")
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(FakeAnswer(usage=usage)))
    await allowance.complete(opening)
    assert allowance.attempts[0].input_tokens == allowance._hold.bound.input_tokens


async def test_figures_that_no_model_can_reach_are_charged_as_held_and_kept() -> None:
    usage = FakeUsage(input_tokens=3, output_tokens=10**12)
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(FakeAnswer(usage=usage)))
    await allowance.complete(opening)
    (attempt,) = allowance.attempts
    assert (attempt.output_tokens, attempt.cost_nano_usd) == (100, allowance._hold.bound.cost_nano_usd)
    assert (attempt.estimate_reason, "1000000000000" in attempt.reported) == ("impossible", True)


@pytest.mark.parametrize(
    ("tier", "marked"), [("", False), ("default", False), ("priority", True), ("flex", True)]
)
async def test_a_tier_that_has_no_price_marks_the_row(tier: str, marked: bool) -> None:
    answer = FakeAnswer(usage=FakeUsage(service_tier=tier))
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(answer))
    await allowance.complete(opening)
    assert (allowance.attempts[0].service_tier, allowance.attempts[0].partly_priced) == (tier, marked)
