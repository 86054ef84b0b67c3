"""A call for whose bytes there is no room is asked for again with the tokens of its texts."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from metering.admission.plan import asker_of
from metering.calls.begin import demand_of_request
from metering.decisions.decision import EnforcementDecision
from metering.errors import BudgetExceeded, BudgetReserved, OverRateCapacity
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import LLMModel, UsageReservation
from metering.policy.source import read_policy_source
from metering.ports import TaskRequest
from metering.simulation.explain import explain_call
from providers.token_ceiling import text_ceiling
from tests.factories import BudgetFactory, RuleFactory
from tests.fakes.vendors import FakeVendors
from tests.served import serve_model

Gateways = Callable[..., LLMGateway]
TEXT = "The gateway holds the worst case of a call before it is sent. " * 50
"""3,100 bytes, 650 tokens."""
ROOM_FOR_TOKENS_ALONE = 2_000


@pytest.fixture
def counted() -> list[str]:
    """The texts that were counted."""
    return []


@pytest.fixture
def gateway(gateway_with: Gateways, counted: list[str]) -> LLMGateway:
    def count(tokenizer: str, text: str) -> int | None:
        counted.append(text)
        return text_ceiling(tokenizer, text)

    return gateway_with(text_ceiling=count)


@pytest.fixture
async def known(rows: Any) -> None:
    """The model's tokenizer."""
    await rows(lambda: LLMModel.objects.update(traits={"tokenizer": "o200k_base"}))


@pytest.fixture
async def budget(rows: Any) -> None:
    await rows(lambda: BudgetFactory(dimension="input_tokens", amount=ROOM_FOR_TOKENS_ALONE, window="total"))


async def held(rows: Any) -> list[int]:
    return await rows(lambda: list(UsageReservation.objects.values_list("input_tokens", flat=True)))  # type: ignore[no-any-return]


async def test_a_call_whose_bytes_find_no_room_is_held_by_its_tokens(
    known: None, budget: None, gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await gateway.execute(caller, request_for(TEXT))
    [tokens] = await held(rows)
    assert 650 < tokens < 1_000


async def test_what_is_sent_is_the_same(
    known: None, budget: None, gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any
) -> None:
    await gateway.execute(caller, request_for(TEXT))
    [call] = vendors.calls
    assert (call.body["messages"][0]["content"], call.output_limit) == (TEXT, 50)


async def test_a_call_that_finds_room_is_not_counted(
    known: None, budget: None, gateway: LLMGateway, caller: Principal, request_for: Any, counted: list[str]
) -> None:
    await gateway.execute(caller, request_for())
    assert counted == []


async def test_a_model_whose_tokenizer_nobody_knows_is_not_counted(
    budget: None, gateway: LLMGateway, caller: Principal, request_for: Any, counted: list[str]
) -> None:
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for(TEXT))
    assert counted == []


async def test_a_budget_that_is_used_up_is_not_counted_for(
    known: None, gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any, counted: list[str]
) -> None:
    await rows(lambda: BudgetFactory(dimension="input_tokens", amount=0, window="total"))
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for(TEXT))
    assert counted == []


async def test_a_budget_of_requests_is_not_counted_for(
    known: None, gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any, counted: list[str]
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=0, window="total"))
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for(TEXT))
    assert counted == []


async def test_where_only_the_first_model_is_known_the_call_is_held_at_that_alone(
    budget: None, gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await rows(lambda: serve_model("second-with-a-longer-name", aliases=["either"]))
    first = {"aliases": ["either"], "traits": {"tokenizer": "o200k_base"}}
    await rows(lambda: LLMModel.objects.filter(name="sandbox-small").update(**first))
    gateway.directory.forget()
    await gateway.execute(caller, request_for(TEXT, model="either"))
    [tokens] = await held(rows)
    assert 650 < tokens < 1_000


async def test_a_refusal_says_what_the_tokens_would_need(
    known: None, budget: None, gateway: LLMGateway, caller: Principal, request_for: Any
) -> None:
    with pytest.raises(BudgetExceeded) as caught:
        await gateway.execute(caller, request_for(TEXT * 4))
    assert 2_600 < caught.value.usage.requested < 3_100


async def test_what_only_bytes_would_use_up_is_told_as_held(
    known: None,
    budget: None,
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
) -> None:
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, request_for("word " * 1_700)))
    await vendors.called.wait()
    with pytest.raises(BudgetReserved):
        await gateway.execute(caller, request_for(TEXT))
    vendors.gate.set()
    await running


async def test_a_call_whose_bytes_are_over_a_rates_capacity_is_drawn_by_its_tokens(
    known: None, gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="tokens_per_minute", value=ROOM_FOR_TOKENS_ALONE))
    await gateway.execute(caller, request_for(TEXT))
    with pytest.raises(OverRateCapacity):
        await gateway.execute(caller, request_for(TEXT * 4))


async def test_an_explanation_counts_as_the_call_does(
    known: None, budget: None, gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    request = request_for(TEXT)

    def explain() -> EnforcementDecision:
        work = TaskRequest(task=request.task, input=request.input, limits={})
        demand = demand_of_request(gateway._with, asker_of(caller), request, work)
        return explain_call(source=read_policy_source(), demand=demand, now=gateway._with.now())

    told = await rows(explain)
    assert told.verdict == "allowed"
    [step] = [step for step in told.trace if step.rule == "tenant input_tokens/total"]
    assert step.outcome == "has room"
    assert step.requested is not None
    assert step.requested < 1_000


async def test_who_waits_behind_others_waits_for_the_room_of_its_tokens(
    known: None, gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="wait_for_room_s", value=60))
    await rows(lambda: BudgetFactory(dimension="input_tokens", amount=2_500, window="total"))
    vendors.gate = asyncio.Event()
    calls = [asyncio.create_task(gateway.execute(caller, request_for("x" * 2_300)))]
    await vendors.called.wait()
    for number in (1, 2):
        calls.append(asyncio.create_task(gateway.execute(caller, request_for(TEXT))))
        async with asyncio.timeout(20):
            while gateway._with.waiting.waiting < number:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    vendors.gate.set()
    await asyncio.wait_for(asyncio.gather(*calls), 30)
    assert max(sorted(await held(rows))[:2]) < 1_000


async def test_a_long_text_is_counted_too(
    known: None, gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await rows(lambda: LLMModel.objects.update(context_tokens=10**6))
    await rows(lambda: BudgetFactory(dimension="input_tokens", amount=40_000, window="total"))
    gateway.directory.forget()
    await gateway.execute(caller, request_for("word " * 30_000))
    assert (await held(rows))[0] < 31_000
