"""A rate limit denies what is new: the finished answer of an earlier request is given again, up to a ceiling."""

import asyncio
from typing import Any

import pytest
from django.db import OperationalError

from metering.calls import repeated
from metering.decisions.log import DecisionLog
from metering.errors import IdempotencyMismatch, OverRateCapacity, RateLimited, VendorTimeout
from metering.gateway import LLMGateway
from metering.idempotency.find_holder import find_holder
from metering.identity.principal import Principal
from metering.models import PolicyDecision
from metering.ports import AttemptFailed
from metering.types import Outcome, Task
from tests.factories import RuleFactory, alder, birch, make_token
from tests.fakes.buckets import CountedBuckets
from tests.fakes.vendors import FakeChunk, FakeUsage, FakeVendors
from tests.integration.metering.gateway.conftest import Gateways

EVENTS = [FakeChunk(data=b"one"), FakeChunk(data=b"two")]
USAGE = FakeChunk(data=b"u", usage=FakeUsage(input_tokens=9, output_tokens=3), only_usage=True)


@pytest.fixture
def replayed() -> list[tuple[Task, bool]]:
    return []


@pytest.fixture
def decisions() -> DecisionLog:
    return DecisionLog()


@pytest.fixture
async def gateway(
    gateway_with: Gateways, decisions: DecisionLog, replayed: list[tuple[Task, bool]]
) -> LLMGateway:
    return gateway_with(
        buckets=CountedBuckets(),  # nothing refills
        decisions=decisions,
        on_replay=lambda task, *, beyond_rate: replayed.append((task, beyond_rate)),
    )


@pytest.fixture
async def one_a_minute(rows: Any) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=1))


@pytest.mark.usefixtures("one_a_minute")
async def test_a_finished_answer_is_given_again_and_again(
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    keyed: Any,
    replayed: list[tuple[Task, bool]],
) -> None:
    first = await gateway.execute(caller, keyed())
    for _ in range(3):
        again = await gateway.execute(caller, keyed())
        assert (again.output, again.facts.replayed) == (first.output, True)
    assert len(vendors.calls) == 1
    assert replayed == [(Task.CHAT, True)] * 3


@pytest.mark.usefixtures("one_a_minute")
async def test_so_is_a_stream(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.script = [[*EVENTS, USAGE]]
    for _ in range(2):
        facts, stream = await gateway.stream(caller, keyed(stream=True))
        assert [event async for event in stream] == [b"one", b"two"]
    assert facts.replayed


@pytest.mark.usefixtures("one_a_minute")
async def test_so_is_a_failure_that_was_charged(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.script = [AttemptFailed("too slow", outcome=Outcome.TIMEOUT)]
    for _ in range(2):
        with pytest.raises(VendorTimeout):
            await gateway.execute(caller, keyed())
    assert len(vendors.calls) == 1


@pytest.mark.usefixtures("one_a_minute")
async def test_what_is_new_is_denied_and_its_denial_kept(
    gateway: LLMGateway,
    caller: Principal,
    decisions: DecisionLog,
    keyed: Any,
    request_for: Any,
    rows: Any,
    replayed: list[tuple[Task, bool]],
) -> None:
    await gateway.execute(caller, keyed())
    await gateway.execute(caller, keyed())
    for new in (keyed(key="k-2"), request_for()):
        with pytest.raises(RateLimited):
            await gateway.execute(caller, new)
    await decisions.flush()
    assert [row.count for row in await rows(lambda: list(PolicyDecision.objects.all()))] == [2]
    assert len(replayed) == 1


async def test_a_limit_that_the_first_call_would_not_fit_any_more_does_not_keep_its_answer_back(
    gateway: LLMGateway, caller: Principal, keyed: Any, rows: Any
) -> None:
    first = await gateway.execute(caller, keyed())
    await rows(lambda: RuleFactory(key="requests_per_minute", value=0))
    gateway.directory.forget()
    assert (await gateway.execute(caller, keyed())).output == first.output
    with pytest.raises(OverRateCapacity):
        await gateway.execute(caller, keyed(key="k-2"))


async def test_a_key_is_looked_for_in_its_own_tenant(
    gateway: LLMGateway, caller: Principal, keyed: Any, rows: Any
) -> None:
    key = keyed().idempotency
    first = await gateway.execute(caller, keyed())
    assert await rows(lambda: find_holder(tenant_id=alder().pk, key=key)) == first.facts.reservation_id
    assert await rows(lambda: find_holder(tenant_id=birch().pk, key=key)) is None


@pytest.mark.usefixtures("one_a_minute")
async def test_another_request_under_the_key_is_told_so(
    gateway: LLMGateway, caller: Principal, keyed: Any
) -> None:
    await gateway.execute(caller, keyed())
    with pytest.raises(IdempotencyMismatch):
        await gateway.execute(caller, keyed("something else"))


@pytest.mark.usefixtures("one_a_minute")
async def test_while_the_first_runs_the_second_is_told_to_wait(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, keyed: Any
) -> None:
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, keyed()))
    await vendors.called.wait()
    with pytest.raises(RateLimited):
        await gateway.execute(caller, keyed())
    vendors.gate.set()
    await running


@pytest.mark.usefixtures("one_a_minute")
async def test_a_replay_draws_nothing_from_a_rate_that_has_room(
    gateway: LLMGateway, caller: Principal, keyed: Any, rows: Any, replayed: list[tuple[Task, bool]]
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=2, priority=1))
    await gateway.execute(caller, keyed())
    for _ in range(3):
        await gateway.execute(caller, keyed())
    await gateway.execute(caller, keyed(key="k-2"))
    assert replayed == [(Task.CHAT, False)] * 3


@pytest.mark.usefixtures("one_a_minute")
async def test_beyond_the_ceiling_the_rate_limit_stands_for_that_caller_alone(
    gateway: LLMGateway, caller: Principal, keyed: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated, "LOOKED_FOR_PER_MINUTE", 2)
    colleague = await gateway.authenticate((await rows(make_token)).secret)
    await gateway.execute(caller, keyed())
    for _ in range(2):
        assert (await gateway.execute(caller, keyed())).facts.replayed
    with pytest.raises(RateLimited):
        await gateway.execute(caller, keyed())
    looked_for: list[object] = []
    monkeypatch.setattr(repeated, "find_holder", lambda **facts: looked_for.append(facts))
    with pytest.raises(RateLimited):
        await gateway.execute(colleague, keyed(by=colleague))
    with pytest.raises(RateLimited):
        await gateway.execute(caller, keyed())
    assert len(looked_for) == 1


@pytest.mark.usefixtures("one_a_minute")
async def test_while_the_database_is_away_the_rate_limit_stands(
    gateway: LLMGateway, caller: Principal, keyed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("gone")

    await gateway.execute(caller, keyed())
    monkeypatch.setattr(repeated, "find_holder", away)
    with pytest.raises(RateLimited):
        await gateway.execute(caller, keyed())
