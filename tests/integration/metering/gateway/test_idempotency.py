"""The same request twice under one Idempotency-Key: spent once, answered twice."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from adapters.events import Event, EventAdapter
from metering.calls.pipe import MeteredStream
from metering.errors import (
    BudgetExceeded,
    IdempotencyAnswerLost,
    IdempotencyInProgress,
    IdempotencyMismatch,
    VendorError,
    VendorTimeout,
)
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import UsageLog, UsageMeter, UsageReservation
from metering.ports import AttemptFailed, Body, Spending, TaskRequest
from metering.types import ModelClass, Outcome, Task
from tests.factories import BudgetFactory, RuleFactory, birch, make_token
from tests.fakes.vendors import FakeAnswer, FakeChunk, FakeUsage, FakeVendors

CHUNKS = [FakeChunk(data=b'{"delta":"%d"}' % number) for number in range(200)]
USAGE = FakeChunk(data=b"u", usage=FakeUsage(input_tokens=9, output_tokens=3), only_usage=True)


class Tells(EventAdapter):
    """A task whose body does not say whether it is answered as a stream."""

    supported_tasks = frozenset({Task.CHAT})
    supported_model_classes = frozenset(ModelClass)

    def opening(self, request: TaskRequest) -> Body:
        return request.input

    async def events(self, request: TaskRequest, spending: Spending) -> AsyncGenerator[Event, None]:
        yield {"event": "begun"}
        await spending.complete(request.input)
        yield {"event": "result", "text": "drawn"}


async def read_into(events: list[bytes], stream: MeteredStream) -> None:
    async for event in stream:
        events.append(event)


async def test_the_second_gets_the_first_one_s_answer_and_costs_nothing(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    vendors.script = [FakeAnswer(body=b'{"answer":"first"}')]
    first = await gateway.execute(caller, keyed())
    meter = await rows(UsageMeter.objects.get)
    again = await gateway.execute(caller, keyed())
    assert again.output == first.output == b'{"answer":"first"}'
    assert (first.facts.replayed, again.facts.replayed) == (False, True)
    assert again.facts.reservation_id == first.facts.reservation_id
    assert again.facts.cost_nano_usd == 0
    assert len(vendors.calls) == 1
    assert (await rows(UsageMeter.objects.get)).used == meter.used
    assert await rows(UsageReservation.objects.count) == 1


async def test_a_stream_is_replayed_event_by_event(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.script = [[*CHUNKS, USAGE]]
    _, stream = await gateway.stream(caller, keyed(stream=True))
    first = [event async for event in stream]
    facts, stream = await gateway.stream(caller, keyed(stream=True))
    again = [event async for event in stream]
    assert again == first == [chunk.data for chunk in CHUNKS]
    assert facts.replayed
    assert len(vendors.calls) == 1


async def test_a_task_s_stream_is_replayed_too_and_never_as_a_whole_answer(
    gateway_with: Any, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    gateway = gateway_with(adapters=[Tells()])
    first, again = [], []
    for events in (first, again):
        _, stream = await gateway.stream(caller, keyed())
        await read_into(events, stream)
    assert again == first == [b'{"event":"begun"}', b'{"event":"result","text":"drawn"}']
    assert len(vendors.calls) == 1
    with pytest.raises(IdempotencyMismatch, match="as a stream"):
        await gateway.execute(caller, keyed())


async def test_a_task_s_whole_answer_is_not_replayed_as_a_stream(
    gateway_with: Any, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    gateway = gateway_with(adapters=[Tells()])
    first, again = [(await gateway.execute(caller, keyed())).output for _ in range(2)]
    assert again == first == b'{"text":"drawn"}'
    with pytest.raises(IdempotencyMismatch, match="whole"):
        await gateway.stream(caller, keyed())
    assert len(vendors.calls) == 1


async def test_a_replay_that_nobody_reads_to_its_end_ends_by_itself(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.script = [[*CHUNKS, USAGE]]
    _, stream = await gateway.stream(caller, keyed(stream=True))
    assert len([event async for event in stream]) == len(CHUNKS)
    _, stream = await gateway.stream(caller, keyed(stream=True))
    stream.close()
    async with asyncio.timeout(5):
        await gateway.close(5)


async def test_a_caller_who_left_a_stream_gets_all_of_it_on_the_second_try(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.script = [[*CHUNKS, USAGE]]
    _, stream = await gateway.stream(caller, keyed(stream=True))
    async for _ in stream:
        break
    stream.close()
    await gateway.close(5)
    _, stream = await gateway.stream(caller, keyed(stream=True))
    assert [event async for event in stream] == [chunk.data for chunk in CHUNKS]


async def test_while_the_first_runs_the_second_is_told_so(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, keyed()))
    await vendors.called.wait()
    with pytest.raises(IdempotencyInProgress):
        await gateway.execute(caller, keyed())
    vendors.gate.set()
    await running
    assert (await gateway.execute(caller, keyed())).facts.replayed


async def test_another_body_under_the_key_is_refused(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    await gateway.execute(caller, keyed())
    with pytest.raises(IdempotencyMismatch):
        await gateway.execute(caller, keyed("something else"))
    assert len(vendors.calls) == 1


async def test_one_caller_s_key_means_nothing_to_another(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, rows: Any
) -> None:
    colleague = await gateway.authenticate((await rows(make_token)).secret)
    stranger = await gateway.authenticate((await rows(lambda: make_token(birch()))).secret)
    await gateway.execute(caller, keyed())
    for other in (colleague, stranger):
        result = await gateway.execute(other, keyed(by=other))
        assert not result.facts.replayed
    assert len(vendors.calls) == 3


async def test_what_was_denied_may_be_tried_again_under_its_key(
    gateway: LLMGateway, caller: Principal, keyed: Any, rows: Any
) -> None:
    budget = await rows(lambda: BudgetFactory(dimension="requests", amount=0))
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, keyed())
    budget.amount = 1
    await rows(budget.save)
    gateway.directory.forget()
    assert not (await gateway.execute(caller, keyed())).facts.replayed


@pytest.mark.parametrize("sent", [False, True])
async def test_what_failed_before_anything_was_spent_may_be_tried_again(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, sent: bool
) -> None:
    vendors.script = [AttemptFailed("status 500", outcome=Outcome.ERROR, sent=sent, status=500)]
    with pytest.raises(VendorError):
        await gateway.execute(caller, keyed())
    assert not (await gateway.execute(caller, keyed())).facts.replayed
    assert len(vendors.calls) == 2


async def test_a_failure_that_was_charged_is_replayed(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.script = [AttemptFailed("too slow", outcome=Outcome.TIMEOUT)]
    errors = []
    for _ in range(2):
        with pytest.raises(VendorTimeout) as caught:
            await gateway.execute(caller, keyed())
        errors.append(caught.value)
    assert [error.replayed for error in errors] == [False, True]
    assert errors[0].message == errors[1].message
    assert len(vendors.calls) == 1


async def test_a_stream_that_was_cut_is_replayed_with_its_failure(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.script = [[*CHUNKS[:2], AttemptFailed("cut off", outcome=Outcome.CUT)]]
    for replayed in (False, True):
        facts, stream = await gateway.stream(caller, keyed(stream=True))
        events: list[bytes] = []
        with pytest.raises(VendorError):
            await read_into(events, stream)
        assert events == [chunk.data for chunk in CHUNKS[:2]]
        assert facts.replayed is replayed


async def test_a_cancelled_call_cannot_be_asked_again_under_its_key(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="on_disconnect", value="cancel"))
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, keyed()))
    await vendors.called.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await gateway.close(5)
    with pytest.raises(IdempotencyAnswerLost):
        await gateway.execute(caller, keyed())
    assert len(vendors.calls) == 1


async def test_of_many_at_once_one_is_sent(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any, rows: Any
) -> None:
    outcomes = await asyncio.gather(
        *(gateway.execute(caller, keyed()) for _ in range(30)), return_exceptions=True
    )
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert all(isinstance(failure, IdempotencyInProgress) for failure in failures)
    assert len(vendors.calls) == 1
    assert await rows(UsageLog.objects.count) == 1
