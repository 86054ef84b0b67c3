"""Denials and would-be denials are kept with their reason."""

import asyncio
from typing import Any

import pytest

from adapters.chat.adapter import ChatAdapter
from metering.decisions.log import DecisionLog
from metering.decisions.report import DecisionFilter, decision_report
from metering.errors import BudgetExceeded, FeatureNotInPlan, InputTooLarge, ModelNotFound, RateLimited
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import PlanFeature, UsageMeter
from metering.ports import Spending, TaskRequest
from tests.factories import BudgetFactory, RuleFactory, alder, make_token
from tests.fakes.vendors import FakeVendors
from tests.integration.metering.gateway.conftest import Gateways
from tests.integration.metering.gateway.decisions.kept import kept


async def test_a_denial_says_which_rule_and_what_every_other_one_said(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    budget = await rows(lambda: BudgetFactory(dimension="requests", amount=0))
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**9))
    await rows(lambda: RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_out", value=100))
    rule = await rows(lambda: RuleFactory(key="max_tokens_out", value=50))
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for())
    [row] = await kept(decisions, rows)
    assert (row.verdict, row.code, row.rule, row.rule_id) == (
        "denied", "budget_exceeded", "tenant requests/day", budget.pk,
    )  # fmt: skip
    assert (row.tenant_id, row.token_id, row.task, row.count) == (
        caller.tenant_id, caller.token_id, "LLM0_CHAT", 1,
    )  # fmt: skip
    said = {(step["rule"], step["source"]): step["outcome"] for step in row.trace}
    assert said == {
        ("max_tokens_out", "plan PRO"): "overridden",
        ("max_tokens_out", "tenant"): "in force",
        ("tenant cost/day", "tenant"): "in force",
        ("tenant requests/day", "tenant"): "no room",
    }
    assert next(step["source_id"] for step in row.trace if step["value"] == 50) == str(rule.pk)


async def test_plan_input_and_rate_denials_name_their_rules(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_tokens_in", value=60))
    await rows(lambda: RuleFactory(key="requests_per_minute", value=1))
    await gateway.execute(caller, request_for())
    with pytest.raises(RateLimited):
        await gateway.execute(caller, request_for())
    with pytest.raises(InputTooLarge):
        await gateway.execute(caller, request_for("many words " * 50))
    await rows(lambda: PlanFeature.objects.all().delete())
    gateway.directory.forget()
    with pytest.raises(FeatureNotInPlan):
        await gateway.execute(caller, request_for())
    with pytest.raises(FeatureNotInPlan):  # no policy is known any more, and none is read for the reason
        await gateway.execute(caller, request_for())
    found = await kept(decisions, rows)
    assert {(row.rule, row.code, row.count) for row in found} == {
        ("plan PRO", "feature_not_in_plan", 2),
        ("tenant max_tokens_in", "input_too_large", 1),
        ("tenant requests/minute", "rate_limited", 1),
    }


async def test_what_is_no_decision_of_policy_is_not_kept(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    with pytest.raises(ModelNotFound):
        await gateway.execute(caller, request_for(model="no-such-model"))
    assert await kept(decisions, rows) == []


async def test_of_what_nothing_denied_a_sample_is_kept_with_every_balance(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=100))
    for _ in range(7):
        await gateway.execute(caller, request_for())
    found = await kept(decisions, rows)
    assert sum(row.count for row in found) == 2
    assert {(row.verdict, row.rule) for row in found} == {("allowed", "")}
    [step] = found[0].trace
    assert (step["outcome"], step["used"], step["held"], step["requested"]) == ("has room", 2, 1, 1)


@pytest.mark.parametrize(("mode", "verdict"), [("observe", "observed"), ("warn", "warned")])
async def test_a_budget_that_is_not_enforced_lets_pass_and_records_what_it_would_have_done(
    gateway: LLMGateway,
    caller: Principal,
    decisions: DecisionLog,
    rows: Any,
    request_for: Any,
    mode: str,
    verdict: str,
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=1, mode=mode))
    first = await gateway.execute(caller, request_for())
    second = await gateway.execute(caller, request_for())
    [row] = await kept(decisions, rows)
    assert (row.verdict, row.code, row.rule, row.count) == (
        verdict, "budget_exceeded", "tenant requests/day", 1,
    )  # fmt: skip
    assert (await rows(UsageMeter.objects.get)).unenforced == 1
    assert first.facts.warnings == ()
    assert second.facts.warnings == (("tenant requests/day",) if mode == "warn" else ())


async def test_observed_rules_of_every_kind_record_and_deny_nothing(
    gateway: LLMGateway,
    caller: Principal,
    vendors: FakeVendors,
    decisions: DecisionLog,
    rows: Any,
    request_for: Any,
) -> None:
    def shadow_rules() -> None:
        RuleFactory(key="max_tokens_in", value=20, mode="observe")
        RuleFactory(key="max_tokens_out", value=10, mode="observe")
        RuleFactory(key="requests_per_minute", value=1, mode="observe")
        RuleFactory(key="max_concurrent", value=0, mode="observe")

    await rows(shadow_rules)
    for _ in range(2):
        await gateway.execute(caller, request_for("many words " * 50, max_tokens=40))
    assert [call.body["max_tokens"] for call in vendors.calls] == [40, 40]
    found = await kept(decisions, rows)
    assert {(row.rule, row.code, row.verdict) for row in found} == {
        ("tenant max_tokens_in", "input_too_large", "observed"),
        ("tenant max_tokens_out", "output_limited", "observed"),
        ("tenant requests/minute", "rate_limited", "observed"),
        ("tenant max_concurrent", "concurrency_exceeded", "observed"),
    }
    assert sum(row.count for row in found if row.code == "rate_limited") == 1


async def test_a_tenant_that_observes_is_denied_nothing_by_its_plan(
    gateway: LLMGateway, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    def cast() -> str:
        alder(enforcement_mode="observe")
        BudgetFactory(dimension="requests", amount=0)
        RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_in", value=5)
        return str(make_token().secret)

    caller = await gateway.authenticate(await rows(cast))
    await gateway.execute(caller, request_for("many words " * 50))
    assert {row.rule for row in await kept(decisions, rows)} == {"tenant requests/day", "plan max_tokens_in"}


async def test_the_gateways_switch_loosens_every_limit_and_flipping_it_enforces_them(
    gateway: LLMGateway, caller: Principal, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    switch = await rows(lambda: RuleFactory(scope="global", key="enforcement", value="observe"))
    await rows(lambda: BudgetFactory(scope="global", per="global", dimension="requests", amount=0))
    await gateway.execute(caller, request_for())
    assert [row.verdict for row in await kept(decisions, rows)] == ["observed"]
    await rows(lambda: type(switch).objects.update(value="enforce"))
    gateway.directory.forget()
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for())


async def test_with_a_percentage_the_same_callers_are_always_denied(
    gateway: LLMGateway, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=0, enforce_percent=50))
    secrets = [(await rows(make_token)).secret for _ in range(24)]
    callers = [await gateway.authenticate(secret) for secret in secrets]

    async def denied() -> list[bool]:
        outcomes = await asyncio.gather(
            *(gateway.execute(caller, request_for()) for caller in callers), return_exceptions=True
        )
        return [isinstance(outcome, BudgetExceeded) for outcome in outcomes]

    first = await denied()
    assert await denied() == first
    assert 0 < sum(first) < 24
    report = await rows(lambda: list(decision_report(DecisionFilter())))
    assert report == []
    await decisions.flush()
    report = await rows(lambda: list(decision_report(DecisionFilter(verdict="observed"))))
    assert sum(row["calls"] for row in report) == 2 * (24 - sum(first))
    assert [row["principals"] for row in report] == [24 - sum(first)]


class TwoSteps(ChatAdapter):
    """Work that makes a second LLM call, larger than what the first one's hold has left."""

    async def execute(self, request: TaskRequest, allowance: Spending) -> bytes:
        await allowance.complete(request.input)
        answer = await allowance.complete({**request.input, "n": 8})
        return answer.body


async def test_a_denial_in_the_middle_of_the_work_is_kept_too(
    gateway_with: Gateways, decisions: DecisionLog, rows: Any, request_for: Any
) -> None:
    agent = gateway_with(adapters=[TwoSteps()], decisions=decisions)
    secret = (await rows(make_token)).secret
    await rows(lambda: BudgetFactory(dimension="output_tokens", amount=100))
    with pytest.raises(BudgetExceeded):
        await agent.execute(await agent.authenticate(secret), request_for(max_tokens=50))
    [row] = await kept(decisions, rows)
    assert (row.verdict, row.rule, row.model) == ("denied", "tenant output_tokens/day", "sandbox-small")
    assert row.token_id is not None
