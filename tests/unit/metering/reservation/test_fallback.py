"""An allowance whose call can be served by several models."""

import asyncio
from contextlib import aclosing, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.amounts import total, values_of
from metering.errors import LimitExceeded, MeteringError, MeteringUnavailable, VendorError
from metering.ledger.commands import Attempt, Extend
from metering.ports import AttemptFailed
from metering.reservation import tries
from metering.types import Dimension, Outcome
from tests.fakes.allowance import allowance_for
from tests.fakes.ledger import WatchedLedger
from tests.fakes.policy import line, model, price
from tests.fakes.vendors import FakeAnswer, FakeChunk, FakeUsage, FakeVendors

NO_RETRY = {"retries": 0}
CHEAP = model(name="cheap", provider_name="first", traits=NO_RETRY)
DEAR = model(name="dear", provider_name="second", price=price(10, 20), traits=NO_RETRY)
REFUSED = AttemptFailed("status 500", outcome=Outcome.ERROR, status=500, retryable=True)
TIMEOUT = AttemptFailed("too slow", outcome=Outcome.TIMEOUT)
CUT = AttemptFailed("cut off", outcome=Outcome.CUT, usage=FakeUsage(estimate_reason="cut"))
BEYOND = FakeAnswer(usage=FakeUsage(input_tokens=900, output_tokens=180))
"""More than was bound, and yet possible."""
UNREACHABLE = AttemptFailed("no route", outcome=Outcome.ERROR, sent=False, retryable=True)
ROLE = FakeChunk(data=b'{"choices":[{"delta":{"role":"assistant"}}]}')
WORD = FakeChunk(data=b'{"choices":[{"delta":{"content":"word"}}]}')
NO_WORD = FakeChunk(data=b'{"choices":[{"delta":{"content":""}}]}')
BLOCK = FakeChunk(data=b'{"type":"content_block_start","content_block":{"type":"text","text":""}}')
LAST = FakeChunk(data=b'{"choices":[{"delta":{},"finish_reason":"stop"}]}', usage=FakeUsage())


async def heard(allowance: Any, opening: Any) -> list[bytes]:
    async with aclosing(allowance.stream(opening)) as chunks:
        return [chunk.data async for chunk in chunks]


async def test_a_call_that_the_first_vendor_fails_is_served_by_the_second_in_its_own_words() -> None:
    vendors = FakeVendors(REFUSED, FakeAnswer())
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(CHEAP, DEAR))
    await allowance.complete(opening)
    assert [call.provider_name for call in vendors.calls] == ["first", "second"]
    assert [call.body["model"] for call in vendors.calls] == [CHEAP.physical_name, DEAR.physical_name]
    assert allowance.model is DEAR


async def test_a_vendor_waits_for_its_share_of_the_time_while_another_is_left() -> None:
    vendors = FakeVendors(TIMEOUT, FakeAnswer())
    hurried = model(name="cheap", provider_name="first", traits={"total_s": 100})
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(hurried, DEAR))
    await allowance.complete(opening)
    first, second = [call.first_byte_s for call in vendors.calls]
    assert 49 < first <= 50
    assert second == 65


async def test_every_attempt_is_a_row_with_its_vendor_model_and_cost() -> None:
    allowance, opening = await allowance_for(
        WatchedLedger(), FakeVendors(REFUSED, FakeAnswer()), models=(CHEAP, DEAR)
    )
    await allowance.complete(opening)
    rows = [(row.provider_name, row.request_model, row.outcome, row.steps) for row in allowance.attempts]
    assert rows == [("first", "", Outcome.ERROR, 0), ("second", "dear", Outcome.OK, 1)]
    assert [row.cost_nano_usd for row in allowance.attempts] == [0, (10 * 10 + 5 * 20) * 1_000]


async def test_a_call_goes_on_to_a_dearer_model_once_the_hold_is_extended() -> None:
    ledger = WatchedLedger()
    limit = line(Dimension.COST, 2**40)
    allowance, opening = await allowance_for(
        ledger, FakeVendors(REFUSED, FakeAnswer()), limit, models=(CHEAP, DEAR)
    )
    await allowance.complete(opening)
    [extended] = ledger.of_type(Extend)
    first, second = (allowance._bounded(opening).calls[place].bound.cost_nano_usd for place in (0, 1))
    assert extended.bound.cost_nano_usd == second - first


async def test_a_dearer_model_that_cannot_be_paid_is_passed_over_for_the_next_one() -> None:
    ledger = WatchedLedger()
    third = model(name="third", provider_name="third", traits=NO_RETRY)
    vendors = FakeVendors(REFUSED, FakeAnswer())
    limit = line(Dimension.COST, 1_000_000)
    allowance, opening = await allowance_for(ledger, vendors, limit, models=(CHEAP, DEAR, third))
    await allowance.complete(opening)
    assert [call.provider_name for call in vendors.calls] == ["first", "third"]


async def test_after_an_ambiguous_attempt_the_next_vendor_is_asked_only_if_both_can_be_paid() -> None:
    vendors = FakeVendors(TIMEOUT, FakeAnswer())
    same = model(name="same", provider_name="second", traits=NO_RETRY)
    allowance, opening = await allowance_for(
        WatchedLedger(), vendors, line(Dimension.COST, 500_000), models=(CHEAP, same)
    )
    with pytest.raises(VendorError) as caught:
        await allowance.complete(opening)
    assert (caught.value.code, caught.value.retryable) == ("vendor_timeout", False)
    assert len(vendors.calls) == 1


async def test_where_a_ledger_that_goes_away_keeps_the_next_vendor_from_being_asked_nobody_is_told_to_retry() -> (
    None
):
    class GoesAway(WatchedLedger):
        async def submit(self, command: Any) -> Any:
            if isinstance(command, Extend):
                raise MeteringUnavailable("away")
            return await super().submit(command)

    vendors = FakeVendors(TIMEOUT, FakeAnswer())
    allowance, opening = await allowance_for(
        GoesAway(), vendors, line(Dimension.COST, 2**40), models=(CHEAP, DEAR)
    )
    with pytest.raises(VendorError) as caught:
        await allowance.complete(opening)
    assert (caught.value.code, caught.value.retryable) == ("vendor_timeout", False)
    assert len(vendors.calls) == 1


async def test_after_an_ambiguous_attempt_both_are_held() -> None:
    ledger = WatchedLedger()
    same = model(name="same", provider_name="second", traits=NO_RETRY)
    limit = line(Dimension.COST, 2**40)
    allowance, opening = await allowance_for(
        ledger, FakeVendors(TIMEOUT, FakeAnswer()), limit, models=(CHEAP, same)
    )
    await allowance.complete(opening)
    bound = allowance._bounded(opening).calls[0].bound.cost_nano_usd
    assert ledger.held_on(limit) == 2 * bound


async def test_a_stream_that_breaks_off_before_it_says_anything_is_another_vendors() -> None:
    vendors = FakeVendors([ROLE, CUT], [ROLE, WORD, LAST])
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(CHEAP, DEAR))
    assert await heard(allowance, opening) == [ROLE.data, WORD.data, LAST.data]
    assert [row.outcome for row in allowance.attempts] == [Outcome.CUT, Outcome.OK]


@pytest.mark.parametrize("silence", [[NO_WORD] * 100, [FakeChunk(data=b'{"type":"message_start"}'), BLOCK]])
async def test_a_stream_that_breaks_off_after_nothing_but_silence_is_another_vendors(silence: Any) -> None:
    vendors = FakeVendors([*silence, CUT], [ROLE, WORD, LAST])
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(CHEAP, DEAR))
    assert await heard(allowance, opening) == [ROLE.data, WORD.data, LAST.data]


@pytest.mark.parametrize(
    ("chunk", "times"), [(NO_WORD, 301), (FakeChunk(data=b'{"choices":[]}' + b" " * 100_000), 3)]
)
async def test_silence_is_kept_back_within_bounds(chunk: FakeChunk, times: int) -> None:
    vendors = FakeVendors([*[chunk] * times, CUT])
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(CHEAP, DEAR))
    got: list[bytes] = []

    async def hear() -> None:
        async with aclosing(allowance.stream(opening)) as chunks:
            async for each in chunks:
                got.append(each.data)

    with pytest.raises(VendorError):
        await hear()
    assert len(got) == times


async def test_a_stream_that_breaks_off_later_is_told_of_and_nobody_else_is_asked() -> None:
    vendors = FakeVendors([ROLE, WORD, CUT])
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(CHEAP, DEAR))
    got: list[bytes] = []

    async def hear() -> None:
        async with aclosing(allowance.stream(opening)) as chunks:
            async for chunk in chunks:
                got.append(chunk.data)

    with pytest.raises(VendorError):
        await hear()
    assert got == [ROLE.data, WORD.data]
    assert len(vendors.calls) == 1


async def test_a_stream_that_says_nothing_at_all_is_handed_over_in_the_end() -> None:
    vendors = FakeVendors([ROLE, ROLE])
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(CHEAP, DEAR))
    assert await heard(allowance, opening) == [ROLE.data, ROLE.data]


async def test_a_caller_who_goes_away_during_a_pause_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tries, "FIRST_PAUSE_S", 9.0)
    allowance, opening = await allowance_for(WatchedLedger(), FakeVendors(REFUSED), models=(model(),))
    call = asyncio.create_task(allowance.complete(opening))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [row.outcome for row in allowance.seal()] == [Outcome.ERROR]


async def test_nobody_else_is_asked_for_a_caller_who_has_gone() -> None:
    vendors = FakeVendors(REFUSED, FakeAnswer())
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(CHEAP, DEAR))
    allowance.try_no_more()
    with pytest.raises(VendorError):
        await allowance.complete(opening)
    assert len(vendors.calls) == 1


async def test_nobody_is_asked_again_for_a_caller_who_goes_during_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tries, "FIRST_PAUSE_S", 0.02)
    vendors = FakeVendors(REFUSED, FakeAnswer())
    allowance, opening = await allowance_for(WatchedLedger(), vendors, models=(model(),))
    call = asyncio.create_task(allowance.complete(opening))
    await asyncio.sleep(0)
    await vendors.called.wait()
    allowance.try_no_more()
    with pytest.raises(VendorError):
        await call
    assert len(vendors.calls) == 1


async def test_nobody_is_asked_for_a_caller_who_goes_while_the_hold_is_extended() -> None:
    class Leaves(WatchedLedger):
        async def submit(self, command: Any) -> Any:
            if isinstance(command, Extend):
                allowance.try_no_more()
            return await super().submit(command)

    ledger, limit = Leaves(), line(Dimension.COST, 2**40)
    vendors = FakeVendors(TIMEOUT, FakeAnswer())
    same = model(name="same", provider_name="second", traits=NO_RETRY)
    allowance, opening = await allowance_for(ledger, vendors, limit, models=(CHEAP, same))
    bound, steps = allowance._bounded(opening).calls[0].bound, allowance.steps_left
    with pytest.raises(VendorError):
        await allowance.complete(opening)
    assert len(vendors.calls) == 1
    assert allowance._free.cost_nano_usd == bound.cost_nano_usd, "what was held for it is free"
    assert allowance.steps_left == steps - 1


async def test_what_a_vendor_reports_beyond_its_bound_is_held_before_the_next_call() -> None:
    ledger, limit = WatchedLedger(), line(Dimension.COST, 2**40)
    vendors = FakeVendors(BEYOND, FakeAnswer())
    allowance, opening = await allowance_for(ledger, vendors, limit, models=(CHEAP,))
    bound = allowance._bounded(opening).calls[0].bound.cost_nano_usd
    await allowance.complete(opening)
    spent = total(tuple(allowance.attempts)).cost_nano_usd
    assert spent > bound
    await allowance.complete(dict(opening))
    assert ledger.held_on(limit) == spent + bound


async def test_a_vendor_that_used_more_than_there_is_room_for_ends_the_work() -> None:
    vendors = FakeVendors(BEYOND, FakeAnswer())
    allowance, opening = await allowance_for(
        WatchedLedger(), vendors, line(Dimension.COST, 500_000), models=(CHEAP,)
    )
    await allowance.complete(opening)
    with pytest.raises(LimitExceeded):
        await allowance.complete(dict(opening))
    assert len(vendors.calls) == 1


ENDINGS = [FakeAnswer(), BEYOND, REFUSED, TIMEOUT, CUT, UNREACHABLE]


@settings(deadline=None)
@given(
    histories=st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=12),
    prices=st.lists(st.integers(1, 50), min_size=1, max_size=4),
    room=st.integers(300_000, 60_000_000),
)
def test_whatever_happens_what_the_attempts_may_cost_is_never_more_than_what_is_held(
    histories: list[Any], prices: list[int], room: int
) -> None:
    """The first call of the allowance and two more, over vendors that end as they like."""

    async def run() -> None:
        ledger, limit = WatchedLedger(), line(Dimension.COST, room)
        models = tuple(
            model(name=f"m{place}", price=price(usd, usd), traits={"retries": 1})
            for place, usd in enumerate(prices)
        )
        vendors = FakeVendors(*histories)
        try:
            allowance, opening = await allowance_for(ledger, vendors, limit, models=models)
        except MeteringError:
            return  # not even the first model fits
        complete = vendors.complete

        async def watched(call: Any) -> Any:
            running = [each.bound for each in allowance._running]
            ended = [_worst(each, allowance) for each in allowance.attempts]
            may_cost = total((*running, *ended)).cost_nano_usd
            assert may_cost <= ledger.held_on(limit), "an attempt was sent that nothing covers"
            return await complete(call)

        vendors.complete = watched  # type: ignore[method-assign]
        for _ in range(3):
            with suppress(MeteringError):
                await allowance.complete(dict(opening))
        missing = max(0, -allowance._free.cost_nano_usd)
        assert total(allowance.seal()).cost_nano_usd - missing <= ledger.held_on(limit) <= room

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tries, "FIRST_PAUSE_S", 0.0)
        asyncio.run(run())


def _worst(attempt: Attempt, allowance: Any) -> Any:
    """What an attempt that has ended may still cost: what it is charged."""
    assert min(values_of(attempt)) >= 0
    return attempt
