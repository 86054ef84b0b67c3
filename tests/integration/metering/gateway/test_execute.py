"""A call from end to end on the real ledger, with vendors that do as the test says."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import pytest

from adapters.events import Event, EventAdapter
from metering.errors import BudgetExceeded, ConcurrencyExceeded, VendorError, VendorTimeout
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import UsageLog, UsageMeter, UsageReservation
from metering.ports import AttemptFailed, Body, Spending, TaskRequest
from metering.types import Dimension, ModelClass, Outcome, ReservationState, Task
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, make_token
from tests.fakes.vendors import FakeAnswer, FakeUsage, FakeVendors

USAGE = FakeUsage(input_tokens=30, output_tokens=20, cached_input_tokens=5, reasoning_tokens=7)
BUSY = AttemptFailed("busy", outcome=Outcome.ERROR, status=503, retryable=True)


class AsksTwice(EventAdapter):
    """A task of two calls."""

    supported_tasks = frozenset({Task.CHAT})
    supported_model_classes = frozenset(ModelClass)

    def opening(self, request: TaskRequest) -> Body:
        return request.input

    async def events(self, request: TaskRequest, spending: Spending) -> AsyncGenerator[Event, None]:
        await spending.complete(request.input)
        await spending.complete(request.input)
        yield {"event": "result"}


async def test_a_call_is_held_sent_and_settled(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    vendors.script = [FakeAnswer(usage=USAGE)]
    result = await gateway.execute(
        caller, request_for(labels={"agent_id": "helper", "conversation_id": "c-1"})
    )
    row = await rows(UsageLog.objects.get)
    assert result.output == b'{"answer":1}'
    assert (row.input_tokens, row.output_tokens, row.cached_input_tokens) == (30, 20, 5)
    assert row.cost_nano_usd == result.facts.cost_nano_usd == 50_000
    assert (row.agent_id, row.conversation_id, row.token_id) == ("helper", "c-1", caller.token_id)
    assert row.id == UUID(vendors.calls[0].attempt_id)
    assert row.reservation_id == result.facts.reservation_id
    meter = await rows(UsageMeter.objects.get)
    assert (meter.used, meter.held) == (50_000, 0)
    assert result.facts.remaining == {Dimension.COST: 10**9 - 50_000}


async def test_what_is_sent_keeps_to_the_policy(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_tokens_out", value=17))
    await gateway.execute(caller, request_for(max_tokens=4_000))
    assert vendors.calls[0].body["max_tokens"] == 17
    reservation = await rows(UsageReservation.objects.get)
    assert reservation.output_tokens == 17


async def test_a_full_budget_denies_before_anything_is_sent(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=1))
    await gateway.execute(caller, request_for())
    with pytest.raises(BudgetExceeded) as caught:
        await gateway.execute(caller, request_for())
    usage = caught.value.usage
    assert (usage.budget, usage.current, usage.limit) == ("tenant requests/day", 1, 1)
    assert caught.value.reset_at is not None
    assert len(vendors.calls) == 1


async def test_exactly_as_many_calls_pass_as_the_budget_has_room_for(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=7))
    outcomes = await asyncio.gather(
        *(gateway.execute(caller, request_for()) for _ in range(40)), return_exceptions=True
    )
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 7
    assert sum(isinstance(outcome, BudgetExceeded) for outcome in outcomes) == 33
    assert len(vendors.calls) == 7


async def test_the_vendor_never_sees_more_calls_at_once_than_allowed(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(value=2))
    vendors.gate = asyncio.Event()
    calls = [asyncio.create_task(gateway.execute(caller, request_for())) for _ in range(10)]
    async with asyncio.timeout(30):
        while vendors.in_flight + sum(call.done() for call in calls) < len(calls):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    vendors.gate.set()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(outcome, ConcurrencyExceeded) for outcome in outcomes) == 8
    assert vendors.most_in_flight == 2
    await gateway.execute(caller, request_for())


async def test_a_soft_budget_lets_pass_and_counts(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=0, hard=False))
    await gateway.execute(caller, request_for())
    meter = await rows(UsageMeter.objects.get)
    assert (meter.used, meter.unenforced) == (1, 1)


async def test_each_team_has_its_own_meter(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    team = await rows(TeamFactory)
    await rows(lambda: BudgetFactory(scope="plan", scope_id="PRO", per="team", amount=1))
    secret = (await rows(make_token)).secret
    member = await gateway.authenticate(secret, team=team.slug)
    await gateway.execute(member, request_for())
    with pytest.raises(BudgetExceeded):
        await gateway.execute(member, request_for())
    await gateway.execute(caller, request_for())
    subjects = await rows(lambda: set(UsageMeter.objects.values_list("subject_type", "subject_id")))
    assert subjects == {("team", str(team.pk)), ("team", "")}


async def test_a_refusing_vendor_leaves_an_attempt_that_cost_nothing(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    vendors.script = [AttemptFailed("status 500", outcome=Outcome.ERROR, status=500)]
    with pytest.raises(VendorError):
        await gateway.execute(caller, request_for())
    row = await rows(UsageLog.objects.get)
    assert (row.outcome, row.cost_nano_usd, row.estimated) == ("error", 0, False)
    assert (await rows(UsageMeter.objects.get)).used == 0


@pytest.mark.parametrize(("script", "has_spent"), [([BUSY], False), ([FakeAnswer(), BUSY], True)])
async def test_an_error_tells_whether_the_work_has_used_something_before_it(
    gateway_with: Any,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    script: list[Any],
    has_spent: bool,
) -> None:
    vendors.script = script
    with pytest.raises(VendorError) as caught:
        await gateway_with(adapters=[AsksTwice()]).execute(caller, request_for())
    assert (caught.value.retryable, caught.value.has_spent) == (True, has_spent)


async def test_failures_of_a_vendor_use_up_no_request(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=1))
    vendors.script = [AttemptFailed("status 500", outcome=Outcome.ERROR, status=500)] * 3
    for _ in range(3):
        with pytest.raises(VendorError):
            await gateway.execute(caller, request_for())
    meter = await rows(UsageMeter.objects.get)
    assert (meter.used, meter.held) == (0, 0)
    await gateway.execute(caller, request_for())
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for())


async def test_a_timeout_is_charged_as_held(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    vendors.script = [AttemptFailed("too slow", outcome=Outcome.TIMEOUT)]
    with pytest.raises(VendorTimeout):
        await gateway.execute(caller, request_for())
    row, meter = await rows(UsageLog.objects.get), await rows(UsageMeter.objects.get)
    reservation = await rows(UsageReservation.objects.get)
    assert (row.outcome, row.estimated) == ("timeout", True)
    assert meter.used == row.cost_nano_usd == reservation.cost_nano_usd > 0


async def test_what_was_never_sent_is_released(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    vendors.script = [AttemptFailed("no route", outcome=Outcome.ERROR, sent=False)]
    with pytest.raises(VendorError):
        await gateway.execute(caller, request_for())
    reservation = await rows(UsageReservation.objects.get)
    assert reservation.state == ReservationState.RELEASED
    assert not await rows(UsageLog.objects.exists)


@pytest.mark.parametrize(("on_disconnect", "outcome"), [("drain", "ok"), ("cancel", "cancelled")])
async def test_a_caller_who_goes_away_is_settled_as_the_policy_says(
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
    on_disconnect: str,
    outcome: str,
) -> None:
    await rows(lambda: RuleFactory(key="on_disconnect", value=on_disconnect))
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, request_for()))
    await vendors.called.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    vendors.gate.set()
    await gateway.close(5)
    row = await rows(UsageLog.objects.get)
    assert row.outcome == outcome
    assert row.estimated is (outcome == "cancelled")
