"""What a rate limit denies: kept with every rate of the call, and open again when it says."""

from typing import Any

import pytest

from metering.decisions.log import DecisionLog
from metering.errors import BudgetExceeded, OverRateCapacity, RateLimited
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import PolicyDecision
from tests.factories import BudgetFactory, RuleFactory
from tests.fakes.buckets import CountedBuckets
from tests.integration.metering.gateway.conftest import Gateways


@pytest.fixture
def buckets() -> CountedBuckets:
    return CountedBuckets()


@pytest.fixture
def decisions() -> DecisionLog:
    return DecisionLog(sample_every=1)


@pytest.fixture
async def gateway(gateway_with: Gateways, buckets: CountedBuckets, decisions: DecisionLog) -> LLMGateway:
    return gateway_with(buckets=buckets, decisions=decisions)


async def kept(decisions: DecisionLog, rows: Any, verdict: str) -> PolicyDecision:
    await decisions.flush()
    found: PolicyDecision = await rows(lambda: PolicyDecision.objects.filter(verdict=verdict).first())
    return found


def said(row: PolicyDecision) -> dict[str, tuple[str, int | None, int | None]]:
    """Of each rate of the trace: outcome, what was asked for, what was left."""
    steps = [step for step in row.trace if step["window"] == "minute"]
    return {step["rule"]: (step["outcome"], step["requested"], step["left"]) for step in steps}


@pytest.mark.parametrize("per_minute", [1, 7, 40])
async def test_a_caller_who_waits_as_told_is_let_in_and_a_second_earlier_is_not(
    gateway: LLMGateway,
    caller: Principal,
    buckets: CountedBuckets,
    rows: Any,
    request_for: Any,
    per_minute: int,
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=per_minute))
    for _ in range(per_minute):
        await gateway.execute(caller, request_for())
    with pytest.raises(RateLimited) as caught:
        await gateway.execute(caller, request_for())
    buckets.now_s += caught.value.retry_after_s - 1
    with pytest.raises(RateLimited):
        await gateway.execute(caller, request_for())
    buckets.now_s += 1
    await gateway.execute(caller, request_for())


async def test_of_two_empty_buckets_the_one_that_takes_longer_is_named_and_waited_for(
    gateway: LLMGateway, caller: Principal, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=2))
    await rows(lambda: RuleFactory(key="requests_per_minute_per_token", value=1))
    await gateway.execute(caller, request_for())
    with pytest.raises(RateLimited, match="per token") as caught:
        await gateway.execute(caller, request_for())
    assert caught.value.retry_after_s == 60


async def test_a_denial_is_kept_with_what_every_rate_had_left(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=5))
    own = await rows(lambda: RuleFactory(key="requests_per_minute_per_token", value=1))
    await gateway.execute(caller, request_for())
    with pytest.raises(RateLimited):
        await gateway.execute(caller, request_for())
    row = await kept(decisions, rows, "denied")
    assert (row.rule, row.rule_id) == ("tenant requests/minute per token", own.pk)
    assert said(row) == {
        "tenant requests/minute": ("has room", 1, 4),
        "tenant requests/minute per token": ("no room", 1, 0),
    }


async def test_a_call_larger_than_a_bucket_names_that_rule(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=5))
    small = await rows(lambda: RuleFactory(key="tokens_per_minute", value=10))
    with pytest.raises(OverRateCapacity):
        await gateway.execute(caller, request_for())
    row = await kept(decisions, rows, "denied")
    assert (row.rule, row.rule_id, row.code) == ("tenant tokens/minute", small.pk, "over_rate_capacity")
    outcomes = {rule: outcome for rule, (outcome, _, _) in said(row).items()}
    assert outcomes == {"tenant requests/minute": "in force", "tenant tokens/minute": "no room"}


async def test_what_a_budget_denies_tells_what_the_rates_had_left(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=5))
    await rows(lambda: BudgetFactory(dimension="requests", amount=0))
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for())
    assert said(await kept(decisions, rows, "denied")) == {"tenant requests/minute": ("has room", 1, 4)}


async def test_what_was_allowed_tells_what_was_left_and_what_would_have_denied(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="requests_per_minute", value=5))
    await rows(lambda: RuleFactory(key="requests_per_minute_per_token", value=0, mode="observe"))
    await gateway.execute(caller, request_for())
    assert said(await kept(decisions, rows, "observed")) == {
        "tenant requests/minute": ("has room", 1, 4),
        "tenant requests/minute per token": ("would deny", 1, None),
    }
