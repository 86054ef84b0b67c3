"""The rule wait_for_room_s: a call waits for room that only calls under way hold."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from metering.admission.plan import asker_of
from metering.admission.waiting_room import WaitEnd, WaitingRoom
from metering.calls.begin import CallRequest, demand_of_request
from metering.decisions.decision import EnforcementDecision
from metering.errors import BudgetExceeded, ConcurrencyExceeded
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import UsageReservation
from metering.policy.source import read_policy_source
from metering.ports import TaskRequest
from metering.simulation.explain import explain_call
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, make_token
from tests.fakes.buckets import CountedBuckets
from tests.fakes.vendors import FakeAnswer, FakeChunk, FakeUsage, FakeVendors

Gateways = Callable[..., LLMGateway]
NEVER_S = 3_600.0
"""Looks that a test does not mean."""
SOON_S = 20.0


class Waits(WaitingRoom):
    """Remembers how waits ended."""

    def __init__(self, **options: Any) -> None:
        self.ends: list[WaitEnd] = []
        super().__init__(observe=lambda end, seconds: self.ends.append(end), **options)


@pytest.fixture
def waits() -> Waits:
    return Waits(look_s=NEVER_S)


@pytest.fixture
async def gateway(gateway_with: Gateways, waits: Waits, rows: Any) -> LLMGateway:
    """Alder's calls wait a minute for room; one at a time may be in flight."""
    await rows(lambda: RuleFactory(key="wait_for_room_s", value=60))
    await rows(lambda: RuleFactory(key="max_concurrent", value=1))
    return gateway_with(waiting=waits)


@pytest.fixture
async def under_way(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any
) -> AsyncIterator["asyncio.Task[Any]"]:
    """A call that has the only place until the vendors' gate is set."""
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, request_for("first")))
    await vendors.called.wait()
    vendors.called.clear()
    yield running
    vendors.gate.set()
    await asyncio.gather(running, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def waiting(
    gateway: LLMGateway, waits: Waits, caller: Principal, request: CallRequest
) -> "asyncio.Task[Any]":
    """The call, once it waits."""
    before = waits.waiting
    task = asyncio.create_task(gateway.execute(caller, request))
    await until(lambda: waits.waiting > before)
    return task


async def soon(*tasks: "asyncio.Task[Any]") -> list[Any]:
    """What they brought, long before anybody's wait is over."""
    return list(await asyncio.wait_for(asyncio.gather(*tasks), SOON_S))


def words(vendors: FakeVendors) -> list[str]:
    return [call.body["messages"][0]["content"] for call in vendors.calls]


async def held_calls(rows: Any) -> int:
    return int(await rows(lambda: UsageReservation.objects.filter(state=0).count()))


async def test_a_call_waits_until_another_has_ended(
    gateway: LLMGateway,
    caller: Principal,
    waits: Waits,
    vendors: FakeVendors,
    request_for: Any,
    under_way: Any,
) -> None:
    late = await waiting(gateway, waits, caller, request_for("late"))
    vendors.gate.set()
    [result] = await soon(late)
    facts = result.facts
    assert facts.waited_s > 0
    assert facts.overhead_ms < facts.waited_s * 1000 + 1_000
    assert (waits.ends, waits.waiting) == ([WaitEnd.ADMITTED], 0)


async def test_a_call_that_finds_room_has_not_waited(
    gateway: LLMGateway, caller: Principal, waits: Waits, request_for: Any
) -> None:
    assert (await gateway.execute(caller, request_for())).facts.waited_s == 0
    assert waits.ends == []


async def test_without_the_rule_the_refusal_comes_at_once(
    gateway: LLMGateway, caller: Principal, waits: Waits, request_for: Any, rows: Any, under_way: Any
) -> None:
    await rows(lambda: RuleFactory(key="wait_for_room_s", value=0, priority=9))
    gateway.directory.forget()
    with pytest.raises(ConcurrencyExceeded):
        await gateway.execute(caller, request_for())
    assert waits.ends == []


async def test_a_wait_that_ends_without_room_ends_as_it_would_without_the_rule(
    gateway: LLMGateway, caller: Principal, waits: Waits, request_for: Any, rows: Any, under_way: Any
) -> None:
    await rows(lambda: RuleFactory(key="wait_for_room_s", value=0, priority=8))
    gateway.directory.forget()
    with pytest.raises(ConcurrencyExceeded) as at_once:
        await gateway.execute(caller, request_for())
    await rows(lambda: RuleFactory(key="wait_for_room_s", value=1, priority=9))
    gateway.directory.forget()
    with pytest.raises(ConcurrencyExceeded) as late:
        await gateway.execute(caller, request_for())
    assert (late.value.message, late.value.usage) == (at_once.value.message, at_once.value.usage)
    assert (waits.ends, waits.waiting) == ([WaitEnd.REFUSED], 0)


async def test_the_first_come_are_served_first(
    gateway: LLMGateway,
    caller: Principal,
    waits: Waits,
    vendors: FakeVendors,
    request_for: Any,
    under_way: Any,
) -> None:
    late = [await waiting(gateway, waits, caller, request_for(str(place))) for place in range(8)]
    vendors.gate.set()
    await soon(*late)
    assert words(vendors) == ["first", *map(str, range(8))]
    assert vendors.most_in_flight == 1


async def test_who_comes_while_others_wait_stands_behind_them(
    gateway: LLMGateway,
    caller: Principal,
    waits: Waits,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
    under_way: Any,
) -> None:
    second = await waiting(gateway, waits, caller, request_for("second"))
    third = asyncio.create_task(gateway.execute(caller, request_for("third")))
    vendors.gate.set()
    await soon(second, third)
    assert words(vendors) == ["first", "second", "third"]


async def test_a_caller_who_goes_away_leaves_nothing_held_and_nothing_waiting(
    gateway: LLMGateway,
    caller: Principal,
    waits: Waits,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
    under_way: Any,
) -> None:
    late = await waiting(gateway, waits, caller, request_for("late"))
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    assert (waits.ends, waits.waiting) == ([WaitEnd.GONE], 0)
    assert await held_calls(rows) == 1
    vendors.gate.set()
    await under_way
    assert await held_calls(rows) == 0
    assert words(vendors) == ["first"]


async def test_the_turn_of_a_caller_who_went_away_is_the_next_ones(
    gateway: LLMGateway,
    caller: Principal,
    waits: Waits,
    vendors: FakeVendors,
    request_for: Any,
    under_way: Any,
) -> None:
    gone = await waiting(gateway, waits, caller, request_for("gone"))
    late = await waiting(gateway, waits, caller, request_for("late"))
    vendors.gate.set()
    await under_way
    gone.cancel()  # called to its turn, or asking, or admitted by now
    await soon(late)
    assert words(vendors)[-1] == "late"


async def test_a_gateway_that_closes_lets_those_who_wait_go_with_their_refusal(
    gateway: LLMGateway,
    caller: Principal,
    waits: Waits,
    vendors: FakeVendors,
    request_for: Any,
    under_way: Any,
) -> None:
    late = await waiting(gateway, waits, caller, request_for("late"))
    gateway.stop_waiting()
    with pytest.raises(ConcurrencyExceeded):
        await late
    with pytest.raises(ConcurrencyExceeded):
        await gateway.execute(caller, request_for("later"))
    assert waits.ends == [WaitEnd.STOPPED, WaitEnd.STOPPED]
    assert words(vendors) == ["first"]


async def test_a_stream_waits_before_it_begins(
    gateway: LLMGateway,
    caller: Principal,
    waits: Waits,
    vendors: FakeVendors,
    request_for: Any,
    under_way: Any,
) -> None:
    vendors.script = [FakeAnswer(), [FakeChunk(usage=FakeUsage())]]
    patience_s = 1.0
    task = asyncio.create_task(
        gateway.stream(caller, request_for("late", stream=True), patience_s=patience_s)
    )
    await until(lambda: waits.waiting == 1)
    await asyncio.sleep(patience_s + 0.1)
    before, vendors.gate = vendors.gate, asyncio.Event()
    before.set()
    await until(lambda: len(vendors.calls) == 2)
    vendors.gate.set()
    [(facts, stream)] = await soon(task)
    assert facts.waited_s > 0
    assert not facts.pending
    assert [event async for event in stream] == [b"{}"]


async def test_rates_are_drawn_once_however_often_a_waiting_call_asks(
    gateway_with: Gateways,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
    under_way: Any,
) -> None:
    buckets, waits = CountedBuckets(), Waits(look_s=0.01)
    gateway = gateway_with(waiting=waits, buckets=buckets)
    await rows(lambda: RuleFactory(key="requests_per_minute", value=100))
    gateway.directory.forget()
    late = await waiting(gateway, waits, caller, request_for("late"))
    await asyncio.sleep(0.2)
    vendors.gate.set()
    [result] = await soon(late)
    assert [balance.remaining for balance in result.facts.rates] == [99]


async def test_a_refusal_after_a_wait_gives_back_what_was_drawn(
    gateway: LLMGateway,
    caller: Principal,
    waits: Waits,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
    under_way: Any,
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=2))
    gateway.directory.forget()
    late = [await waiting(gateway, waits, caller, request_for()) for _ in range(2)]
    gateway.stop_waiting()
    ended = await asyncio.gather(*late, return_exceptions=True)
    assert [type(each) for each in ended] == [ConcurrencyExceeded] * 2
    vendors.gate.set()
    await under_way
    assert [each.remaining for each in (await gateway.execute(caller, request_for())).facts.rates] == [1]


async def test_another_processes_end_is_seen_by_looking(
    gateway_with: Gateways,
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    under_way: Any,
) -> None:
    waits = Waits(look_s=0.01)
    other = gateway_with(waiting=waits)
    late = await waiting(other, waits, caller, request_for("late"))
    vendors.gate.set()
    await soon(late)
    assert waits.ends == [WaitEnd.ADMITTED]


async def test_a_small_call_passes_a_large_one_where_only_it_has_room(
    gateway: LLMGateway, caller: Principal, waits: Waits, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_concurrent", value=9, priority=9))
    await rows(lambda: BudgetFactory(dimension="output_tokens", amount=250, window="total"))
    gateway.directory.forget()
    gates, calls = [], []
    for text in ("one", "other"):
        gates.append(asyncio.Event())
        vendors.gate = gates[-1]
        calls.append(asyncio.create_task(gateway.execute(caller, request_for(text, max_tokens=100))))
        await until(lambda: len(vendors.calls) == len(calls))
    large = await waiting(gateway, waits, caller, request_for("large", max_tokens=200))
    small = await waiting(gateway, waits, caller, request_for("small", max_tokens=140))
    gates[0].set()
    await until(lambda: words(vendors)[2:] == ["small"])
    gates[1].set()
    await soon(*calls, small, large)
    assert words(vendors)[2:] == ["small", "large"]


async def test_who_comes_later_stands_behind_a_larger_call_although_it_would_find_room(
    gateway: LLMGateway, caller: Principal, waits: Waits, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_concurrent", value=9, priority=9))
    await rows(lambda: BudgetFactory(dimension="output_tokens", amount=250, window="total"))
    gateway.directory.forget()
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, request_for("running", max_tokens=200)))
    await vendors.called.wait()
    large = await waiting(gateway, waits, caller, request_for("large", max_tokens=200))
    small = await waiting(gateway, waits, caller, request_for("small", max_tokens=40))
    vendors.gate.set()
    await soon(running, large, small)
    assert words(vendors) == ["running", "large", "small"]


async def test_a_budget_that_is_used_up_meanwhile_ends_everybodys_wait(
    gateway: LLMGateway, caller: Principal, waits: Waits, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_concurrent", value=9, priority=9))
    await rows(lambda: BudgetFactory(dimension="requests", amount=1, window="total"))
    gateway.directory.forget()
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, request_for()))
    await vendors.called.wait()
    late = [await waiting(gateway, waits, caller, request_for()) for _ in range(3)]
    vendors.gate.set()
    told = await asyncio.wait_for(asyncio.gather(running, *late, return_exceptions=True), SOON_S)
    assert [type(each) for each in told[1:]] == [BudgetExceeded] * 3
    assert waits.ends == [WaitEnd.REFUSED] * 3


@pytest.mark.parametrize("bounds", [{"places": 1}, {"per_tenant": 1}])
async def test_beyond_the_places_a_refusal_comes_at_once(
    gateway_with: Gateways,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    under_way: Any,
    bounds: dict[str, int],
) -> None:
    waits = Waits(look_s=NEVER_S, **bounds)
    gateway = gateway_with(waiting=waits)
    late = await waiting(gateway, waits, caller, request_for("late"))
    with pytest.raises(ConcurrencyExceeded):
        await gateway.execute(caller, request_for())
    assert waits.ends == [WaitEnd.FULL]
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late


async def test_what_is_begun_again_later_does_not_wait(
    gateway: LLMGateway, caller: Principal, waits: Waits, request_for: Any, under_way: Any
) -> None:
    with pytest.raises(ConcurrencyExceeded):
        await gateway.execute(caller, replace(request_for(), may_wait=False))
    assert waits.ends == []


async def test_a_limit_that_never_lets_a_call_through_is_not_waited_for(
    gateway: LLMGateway, caller: Principal, waits: Waits, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_concurrent", value=0, priority=9))
    gateway.directory.forget()
    with pytest.raises(ConcurrencyExceeded):
        await gateway.execute(caller, request_for())
    assert waits.ends == []


async def test_an_explanation_says_that_a_call_would_wait(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any, under_way: Any
) -> None:
    request = request_for()

    def explain() -> EnforcementDecision:
        work = TaskRequest(task=request.task, input=request.input, limits={})
        demand = demand_of_request(gateway._with, asker_of(caller), request, work)
        return explain_call(source=read_policy_source(), demand=demand, now=gateway._with.now())

    told = await rows(explain)
    assert (told.verdict, told.code) == ("denied", "concurrency_exceeded")
    assert told.message.endswith(" A call would wait up to 60 s for that before it is refused.")


async def test_a_team_may_only_shorten_the_wait(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    team = await rows(TeamFactory)
    for value in (60, 5):
        await rows(
            lambda value=value: RuleFactory(
                scope="team", scope_id=team.pk, key="wait_for_room_s", value=value
            )
        )
    secret = (await rows(make_token)).secret
    member = await gateway.authenticate(secret, team=str(team.pk))
    gateway.directory.forget()
    assert (await gateway.check(member, request_for()))["wait_for_room_s"] == 5
