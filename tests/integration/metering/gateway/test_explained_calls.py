"""What is explained is what happens: the explanation of a call agrees with the gateway's own answer to it."""

from typing import Any

import pytest
from django.utils.timezone import now

from metering.admission.demand import Asker, demand_of_counts
from metering.decisions.decision import Standing
from metering.errors import LimitExceeded, MeteringError
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.policy.source import read_policy_source
from metering.policy.values import PolicySubject
from metering.simulation.explain import explain_call
from metering.simulation.replay import replay
from tests.factories import BudgetFactory, RuleFactory, make_plan
from tests.served import serve_model

CASES: dict[str, tuple[dict[str, Any], ...]] = {
    "nothing applies": (),
    "a full budget": ({"budget": {"dimension": "requests", "amount": 1}},),
    "a budget with room": ({"budget": {"dimension": "requests", "amount": 5}},),
    "a full and a fuller budget": (
        {"budget": {"dimension": "requests", "window": "month", "amount": 1}},
        {"budget": {"dimension": "requests", "amount": 0}},
    ),
    "a full budget of steps": ({"budget": {"dimension": "steps", "amount": 1}},),
    "a full month and a full total": (
        {"budget": {"dimension": "requests", "window": "month", "amount": 1}},
        {"budget": {"dimension": "requests", "window": "total", "amount": 1}},
    ),
    "a full week and a full month": (
        {"budget": {"dimension": "requests", "window": "month", "amount": 1}},
        {"budget": {"dimension": "requests", "window": "week", "amount": 1}},
    ),
    "an observed budget": ({"budget": {"dimension": "requests", "amount": 0, "mode": "observe"}},),
    "no concurrency at all": ({"rule": {"key": "max_concurrent", "value": 0}},),
    "a cheaper class": ({"rule": {"key": "max_class", "value": "BASE_S"}},),
    "from half of the budget on": (
        {"budget": {"dimension": "requests", "amount": 2}},
        {
            "rule": {
                "key": "max_class",
                "value": "BASE_S",
                "conditions": {"usage": {"budget": "requests/day", "from_percent": 50}},
            }
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_second_call_ends_as_it_is_explained(
    gateway: LLMGateway, caller: Principal, rows: Any, request_for: Any, case: str
) -> None:
    def cast() -> None:
        serve_model("middle", model_class_id="BASE_M")
        for made in CASES[case]:
            if "budget" in made:
                BudgetFactory(**made["budget"])
            else:
                RuleFactory(**made["rule"])

    await rows(cast)
    subject = PolicySubject(caller.tenant_id, caller.plan_code, None, None, caller.token_id)
    demand = demand_of_counts(
        Asker(subject=subject), task="LLM0_CHAT", model="middle", input_tokens=10, output_tokens=50
    )
    for _ in range(2):
        explained = await rows(lambda: explain_call(source=read_policy_source(), demand=demand, now=now()))
        try:
            await gateway.execute(caller, request_for(model="middle"))
            code, limit = "", ""
        except LimitExceeded as error:
            code, limit = error.code, error.usage.budget
        except MeteringError as error:
            code, limit = error.code, explained.rule
        gateway.directory.forget()
        told = (explained.code, explained.rule) if explained.verdict == "denied" else ("", "")
        assert told == (code, limit)


async def test_a_call_that_was_admitted_is_admitted_by_the_same_rules_in_a_replay(
    gateway: LLMGateway, caller: Principal, rows: Any, request_for: Any
) -> None:
    def cast() -> Any:
        make_plan("PRO")
        BudgetFactory(dimension="cost", window="month", amount=10**9)
        return BudgetFactory(dimension="requests", amount=6)

    budget = await rows(cast)
    begin = now()
    for _ in range(6):
        await gateway.execute(caller, request_for())
    end = now()

    def denied() -> int:
        return replay(source=read_policy_source(), since=begin.replace(microsecond=0), until=end).denied.calls

    assert await rows(denied) == 0
    await rows(lambda: type(budget).objects.filter(pk=budget.pk).update(amount=4))
    assert await rows(denied) == 2


async def test_an_explanation_shows_every_budget_with_its_balance(
    gateway: LLMGateway, caller: Principal, rows: Any, request_for: Any
) -> None:
    await rows(lambda: BudgetFactory(dimension="requests", amount=5))
    await gateway.execute(caller, request_for())
    subject = PolicySubject(caller.tenant_id, caller.plan_code, None, None, caller.token_id)
    explained = await rows(
        lambda: explain_call(
            source=read_policy_source(),
            demand=demand_of_counts(Asker(subject=subject), task="LLM0_CHAT"),
            now=now(),
        )
    )
    [step] = explained.trace
    assert (step.rule, step.value, step.used, step.held, step.requested) == (
        "tenant requests/day",
        5,
        1,
        0,
        1,
    )
    assert step.outcome is Standing.HAS_ROOM
