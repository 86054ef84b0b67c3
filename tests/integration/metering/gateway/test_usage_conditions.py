"""Rules that count from so many percent of a budget on: the use that they are based on is the ledger's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from metering.calls.cached_use import FRESH_S
from metering.errors import ModelNotAllowed, RateLimited
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import PolicyRule
from metering.policy.values import PolicySubject
from tests.factories import BudgetFactory, RuleFactory
from tests.fakes.vendors import FakeVendors
from tests.integration.metering.gateway.conftest import Gateways
from tests.served import serve_model

FROM_80 = {"usage": {"budget": "tenant requests/day", "from_percent": 80}}


def output_limits(vendors: FakeVendors) -> list[int]:
    return [int(call.body["max_tokens"]) for call in vendors.calls]


async def test_from_80_percent_on_the_output_is_smaller(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, rows: Any, request_for: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=5))
    await rows(lambda: RuleFactory(key="max_tokens_out", value=7, conditions=FROM_80))
    for _ in range(5):
        await gateway.execute(caller, request_for(max_tokens=40))
    assert output_limits(vendors) == [40, 40, 40, 40, 7]


async def test_from_80_percent_on_the_rate_is_lower(
    gateway: LLMGateway, caller: Principal, rows: Any, request_for: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=10))
    await rows(lambda: RuleFactory(key="requests_per_minute", value=100))
    await rows(lambda: RuleFactory(key="requests_per_minute", value=1, conditions=FROM_80))
    for _ in range(8):
        await gateway.execute(caller, request_for())
    with pytest.raises(RateLimited, match="tenant requests/minute allows 1"):
        await gateway.execute(caller, request_for())


async def test_from_80_percent_on_the_default_is_a_cheaper_class_and_a_dear_one_is_refused(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, rows: Any, request_for: Any
) -> None:
    def cast() -> None:
        serve_model("middle", model_class_id="BASE_M")
        BudgetFactory(dimension="requests", amount=2)
        RuleFactory(
            key="max_class",
            value="BASE_S",
            conditions={"usage": {"budget": "requests/day", "from_percent": 50}},
        )

    await rows(cast)
    await gateway.execute(caller, request_for(model="middle"))
    with pytest.raises(ModelNotAllowed, match="keeps to BASE_S"):
        await gateway.execute(caller, request_for(model="middle"))
    await gateway.execute(caller, request_for(model=""))
    assert [call.model for call in vendors.calls] == ["middle", "sandbox-small"]


async def test_a_budget_that_does_not_apply_never_reaches_anything(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_tokens_out", value=7, conditions=FROM_80))
    await gateway.execute(caller, request_for(max_tokens=40))
    assert output_limits(vendors) == [40]


class Seconds:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_what_another_process_used_counts_as_soon_as_the_last_balance_is_stale(
    gateway: LLMGateway,
    caller: Principal,
    gateway_with: Gateways,
    vendors: FakeVendors,
    rows: Any,
    request_for: Any,
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=5))
    await rows(lambda: RuleFactory(key="max_tokens_out", value=7, conditions=FROM_80))
    other = gateway_with()
    seconds = Seconds()
    gateway.directory.use.clock = seconds
    await gateway.execute(caller, request_for(max_tokens=40))
    for _ in range(3):
        await other.execute(caller, request_for(max_tokens=40))
    await other.close(5)
    seconds.now_s += FRESH_S / 2
    variants = (await gateway.directory.policy(_subject(caller), "LLM0_CHAT")).variants
    assert variants is not None
    stale = await gateway.directory.variant(variants, datetime.now(UTC))
    assert stale.number("max_tokens_out") is None
    seconds.now_s += FRESH_S
    fresh = await gateway.directory.variant(variants, datetime.now(UTC))
    assert fresh.number("max_tokens_out") == 7


async def test_calls_that_bring_their_own_balances_read_no_meter(
    gateway: LLMGateway, caller: Principal, rows: Any, request_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=50))
    await rows(lambda: RuleFactory(key="max_tokens_out", value=7, conditions=FROM_80))
    gateway.directory.use.clock = Seconds()
    await gateway.execute(caller, request_for())

    async def nothing(*_: Any, **__: Any) -> None:
        raise AssertionError("a meter was read")

    monkeypatch.setattr("metering.calls.cached_use.in_database_thread", nothing)
    for _ in range(3):
        await gateway.execute(caller, request_for())
    assert await rows(PolicyRule.objects.count) == 1


def _subject(caller: Principal) -> PolicySubject:
    return PolicySubject(caller.tenant_id, caller.plan_code, caller.team_id, caller.user_id, caller.token_id)
