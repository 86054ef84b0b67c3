import asyncio
import time
from typing import Any

import pytest

from metering.calls.pipe import NOTHING_YET
from metering.errors import BudgetExceeded, MeteringUnavailable, VendorError
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import UsageLog, UsageReservation
from metering.ports import AttemptFailed
from metering.types import Outcome, ReservationState
from tests.factories import BudgetFactory, RuleFactory
from tests.fakes.vendors import FakeChunk, FakeUsage, FakeVendors

CHUNKS = [FakeChunk(data=b"1"), FakeChunk(data=b"2"), FakeChunk(data=b"3")]
USAGE = FakeChunk(data=b"u", usage=FakeUsage(input_tokens=9, output_tokens=3), only_usage=True)
CUT = AttemptFailed("cut off", outcome=Outcome.CUT)


async def test_events_come_as_the_vendor_sent_them_and_are_settled_at_the_end(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.script = [[*CHUNKS, USAGE]]
    facts, stream = await gateway.stream(caller, request_for(stream=True))
    events = [event async for event in stream]
    row = await rows(UsageLog.objects.get)
    assert events == [b"1", b"2", b"3"]
    assert (row.input_tokens, row.output_tokens, row.estimated) == (9, 3, False)
    assert row.reservation_id == facts.reservation_id


async def test_the_usage_is_shown_to_who_asks(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any
) -> None:
    vendors.script = [[*CHUNKS, USAGE]]
    _, stream = await gateway.stream(caller, request_for(stream=True, stream_options={"include_usage": True}))
    assert [event async for event in stream][-1] == b"u"


async def test_a_denial_comes_before_the_stream(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=0))
    with pytest.raises(BudgetExceeded):
        await gateway.stream(caller, request_for(stream=True))
    assert vendors.calls == []


async def test_a_failure_before_the_first_event_is_an_error_not_a_stream(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.script = [[AttemptFailed("status 500", outcome=Outcome.ERROR, status=500)]]
    with pytest.raises(VendorError):
        await gateway.stream(caller, request_for(stream=True))
    assert (await rows(UsageLog.objects.get)).cost_nano_usd == 0


async def test_a_stream_that_breaks_off_raises_after_what_it_brought(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.script = [[CHUNKS[0], CUT]]
    _, stream = await gateway.stream(caller, request_for(stream=True))
    events = aiter(stream)
    assert await anext(events) == b"1"
    with pytest.raises(VendorError):
        await anext(events)
    row = await rows(UsageLog.objects.get)
    assert (row.outcome, row.estimated, row.output_tokens) == ("cut", True, 50)


async def test_an_abandoned_stream_is_drained_and_charged_what_it_really_cost(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.script = [[*CHUNKS * 100, USAGE]]
    _, stream = await gateway.stream(caller, request_for(stream=True))
    async for _ in stream:
        break
    stream.close()
    await gateway.close(5)
    row = await rows(UsageLog.objects.get)
    assert (row.outcome, row.output_tokens, row.estimated) == ("ok", 3, False)


async def test_an_abandoned_stream_is_stopped_where_the_policy_says_so(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="on_disconnect", value="cancel"))
    vendors.script = [[*CHUNKS * 100, USAGE]]
    _, stream = await gateway.stream(caller, request_for(stream=True))
    async for _ in stream:
        break
    vendors.gate = asyncio.Event()
    stream.close()
    await gateway.close(5)
    row = await rows(UsageLog.objects.get)
    assert (row.outcome, row.output_tokens, row.estimated) == ("cancelled", 50, True)


async def test_a_caller_who_goes_while_the_first_event_is_awaited_leaves_nothing_held(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.script, vendors.gate = [[*CHUNKS, USAGE]], asyncio.Event()
    waiting = asyncio.create_task(gateway.stream(caller, request_for(stream=True)))
    await vendors.called.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    vendors.gate.set()
    await gateway.close(5)
    assert (await rows(UsageReservation.objects.get)).state == ReservationState.SETTLED


async def test_who_has_patience_has_the_stream_before_its_first_event(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any
) -> None:
    vendors.script, vendors.gate = [[*CHUNKS, USAGE]], asyncio.Event()
    facts, stream = await gateway.stream(caller, request_for(stream=True), patience_s=0.1)
    assert facts.pending
    events = aiter(stream)
    assert await anext(events) == NOTHING_YET
    vendors.gate.set()
    assert [event async for event in events if event] == [b"1", b"2", b"3"]


async def test_the_wait_for_a_silent_vendor_is_no_overhead(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any
) -> None:
    async def time_of_the_call() -> float:
        await vendors.called.wait()
        return time.monotonic()

    vendors.script, vendors.gate = [[*CHUNKS, USAGE]], asyncio.Event()
    watching = asyncio.create_task(time_of_the_call())
    began_s = time.monotonic()
    facts, stream = await gateway.stream(caller, request_for(stream=True), patience_s=0.5)
    assert 0 < facts.overhead_ms <= (await watching - began_s) * 1000
    stream.close()
    vendors.gate.set()


async def test_a_failure_after_patience_has_ended_is_the_streams(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.script = [[AttemptFailed("status 500", outcome=Outcome.ERROR, status=500)]]
    vendors.gate = asyncio.Event()
    _, stream = await gateway.stream(caller, request_for(stream=True), patience_s=0.1)
    vendors.gate.set()
    with pytest.raises(VendorError):
        _ = [event async for event in stream]
    assert (await rows(UsageLog.objects.get)).cost_nano_usd == 0


async def test_what_comes_before_patience_ends_comes_as_without_it(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any
) -> None:
    failed = AttemptFailed("status 500", outcome=Outcome.ERROR, status=500)
    vendors.script = [[*CHUNKS, USAGE], [failed]]
    facts, stream = await gateway.stream(caller, request_for(stream=True), patience_s=300)
    assert (facts.pending, [event async for event in stream]) == (False, [b"1", b"2", b"3"])
    with pytest.raises(VendorError):
        await gateway.stream(caller, request_for(stream=True), patience_s=300)


async def test_stopping_the_gateway_settles_a_running_stream(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.script = [[*CHUNKS * 100, USAGE]]  # more than the channel takes, and nobody reads
    _, stream = await gateway.stream(caller, request_for(stream=True))
    await gateway.close(0.05)
    assert stream is not None
    reservation = await rows(UsageReservation.objects.get)
    assert reservation.state == ReservationState.SETTLED
    assert (await rows(UsageLog.objects.get)).outcome == "cancelled"


async def test_a_call_that_is_stopped_as_soon_as_it_is_handed_over_ends(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.gate = asyncio.Event()
    _, stream = await gateway.stream(caller, request_for(stream=True), patience_s=0.001)
    stream.stop()
    async with asyncio.timeout(30):
        with pytest.raises(MeteringUnavailable):
            [_ async for _ in stream]
        while await rows(UsageReservation.objects.filter(state=ReservationState.HELD).exists):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
