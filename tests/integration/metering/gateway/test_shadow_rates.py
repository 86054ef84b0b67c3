"""Rate limits that are observed or warn: really drawn from, and recorded before they are enforced."""

from typing import Any

import pytest

from metering.decisions.log import DecisionLog
from metering.decisions.report import DecisionFilter, decision_report
from metering.errors import BudgetExceeded, RateLimited
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.policy.enforcement import percentile_of
from tests.factories import BudgetFactory, RuleFactory, make_token
from tests.fakes.buckets import CountedBuckets
from tests.integration.metering.gateway.conftest import Gateways


@pytest.fixture
def buckets() -> CountedBuckets:
    return CountedBuckets()


@pytest.fixture
def decisions() -> DecisionLog:
    return DecisionLog()


@pytest.fixture
async def gateway(gateway_with: Gateways, buckets: CountedBuckets, decisions: DecisionLog) -> LLMGateway:
    return gateway_with(buckets=buckets, decisions=decisions)


async def report(decisions: DecisionLog, rows: Any, verdict: str) -> list[tuple[str, str, int, int]]:
    """Rule, code, calls and principals."""
    await decisions.flush()
    found = await rows(lambda: list(decision_report(DecisionFilter(verdict=verdict))))
    return [(row["rule"], row["code"], row["calls"], row["principals"]) for row in found]


@pytest.mark.parametrize(("mode", "verdict"), [("observe", "observed"), ("warn", "warned")])
async def test_calls_beyond_the_limit_pass_and_are_reported_as_the_bucket_refills(
    gateway: LLMGateway,
    caller: Principal,
    buckets: CountedBuckets,
    decisions: DecisionLog,
    rows: Any,
    request_for: Any,
    mode: str,
    verdict: str,
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=2, mode=mode))
    for _ in range(5):
        await gateway.execute(caller, request_for())
    assert await report(decisions, rows, verdict) == [("tenant requests/minute", "rate_limited", 3, 1)]
    buckets.now_s += 30
    for _ in range(2):
        await gateway.execute(caller, request_for())
    assert await report(decisions, rows, verdict) == [("tenant requests/minute", "rate_limited", 4, 1)]


async def test_the_enforced_rule_stays_in_force_beside_the_one_that_is_tried(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(scope="plan", scope_id="PRO", key="requests_per_minute", value=3))
    await rows(lambda: RuleFactory(key="requests_per_minute", value=1, mode="observe"))
    for _ in range(3):
        await gateway.execute(caller, request_for())
    with pytest.raises(RateLimited, match="plan requests/minute"):
        await gateway.execute(caller, request_for())
    assert await report(decisions, rows, "observed") == [("tenant requests/minute", "rate_limited", 2, 1)]
    assert await report(decisions, rows, "denied") == [("plan requests/minute", "rate_limited", 1, 1)]


async def test_a_call_asks_the_buckets_once_however_many_rules_are_tried(
    gateway: LLMGateway, caller: Principal, buckets: CountedBuckets, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(scope="plan", scope_id="PRO", key="requests_per_minute", value=3))
    await rows(lambda: RuleFactory(key="requests_per_minute", value=2, mode="observe"))
    await rows(lambda: RuleFactory(key="tokens_per_minute", value=10_000, mode="warn"))
    await gateway.execute(caller, request_for())
    assert buckets.asked == 1


async def test_what_a_budget_denies_is_given_back_to_what_is_tried(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=1, mode="observe"))
    budget = await rows(lambda: BudgetFactory(dimension="requests", amount=0))
    for _ in range(3):
        with pytest.raises(BudgetExceeded):
            await gateway.execute(caller, request_for())
    await rows(lambda: type(budget).objects.update(amount=1))
    gateway.directory.forget()
    await gateway.execute(caller, request_for())
    assert await report(decisions, rows, "observed") == []


async def test_of_a_share_the_same_callers_are_denied_and_the_others_reported(
    gateway: LLMGateway, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute_per_token", value=1, enforce_percent=50))
    tokens = [await rows(make_token) for _ in range(16)]
    callers = [await gateway.authenticate(token.secret) for token in tokens]
    denied = []
    for _ in range(2):
        for caller in callers:
            try:
                await gateway.execute(caller, request_for())
            except RateLimited:
                denied.append(caller.token_id)
    within = [caller.token_id for caller in callers if percentile_of(caller.token_id) < 50]
    assert 0 < len(within) < 16
    assert denied == within
    rule, beyond = "tenant requests/minute per token", 16 - len(within)
    assert await report(decisions, rows, "observed") == [(rule, "rate_limited", beyond, beyond)]


async def test_a_share_of_a_tenants_limit_is_judged_on_what_all_its_callers_draw(
    gateway: LLMGateway, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=2, enforce_percent=50))
    tokens = [await rows(make_token) for _ in range(16)]
    callers = [await gateway.authenticate(token.secret) for token in tokens]
    within = next(caller for caller in callers if percentile_of(caller.token_id) < 50)
    beyond = next(caller for caller in callers if percentile_of(caller.token_id) >= 50)
    await gateway.execute(within, request_for())
    await gateway.execute(beyond, request_for())
    await gateway.execute(beyond, request_for())
    with pytest.raises(RateLimited):
        await gateway.execute(within, request_for())
    assert await report(decisions, rows, "observed") == [("tenant requests/minute", "rate_limited", 1, 1)]
