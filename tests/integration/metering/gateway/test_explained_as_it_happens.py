"""Whatever the plan, rules, budgets, rates and balances are: what is explained of a call is what the call then gets."""

from contextlib import AsyncExitStack
from functools import partial
from typing import Any, NamedTuple

import pytest
from django.utils.timezone import now
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from metering.admission.admit import admit
from metering.admission.denial import deciding_rule
from metering.admission.plan import asker_of
from metering.calls.begin import demand_of_request, ledger_labels, plan
from metering.calls.values import Call
from metering.decisions.decision import EnforcementDecision
from metering.errors import MeteringError
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import ATIToken, Budget, Plan, PlanFeature, PolicyRule
from metering.policy.source import read_policy_source
from metering.policy.values import RateLimit
from metering.ports import TaskRequest
from metering.rates.port import Draw, Level
from metering.reservation.release import release
from metering.simulation.explain import explain_call, policy_at
from tests.factories import BudgetFactory, RuleFactory, TenantFactory, make_plan, make_token
from tests.fakes.buckets import CountedBuckets
from tests.integration.metering.gateway.conftest import Gateways
from tests.properties import thorough
from tests.served import serve_model

CLASSES = ("BASE_S", "BASE_M", "ADVANCED")
MODES = st.sampled_from(["enforce", "enforce", "enforce", "warn", "observe"])
SCOPES = st.sampled_from(["global", "plan", "tenant", "token", "tag", "conversation"])
APOLLO = "project=apollo"
AMOUNTS = {
    "requests": 3,
    "steps": 3,
    "cost": 250_000,
    "input_tokens": 200,
    "output_tokens": 60,
    "tokens": 250,
}


class Fact(NamedTuple):
    """A rule or a budget to be; its scope's id is filled in."""

    scope: str
    values: dict[str, Any]


def rule(key: str, *values: object) -> st.SearchStrategy[Fact]:
    return st.builds(
        lambda scope, value, mode: Fact(scope, {"key": key, "value": value, "mode": mode}),
        SCOPES,
        st.sampled_from(values),
        MODES,
    )


RULES = st.one_of(
    rule("max_class", *CLASSES),
    rule("max_concurrent", 0, 1, 2, 5),
    rule("max_tokens_in", 10, 40, 100_000, 100_000),
    rule("max_tokens_out", 5, 20, 100_000),
    rule("required_tags", "project", "cost-centre"),
    rule("requests_per_minute", 1, 2, 5),
    rule("tokens_per_minute", 150, 500, 100_000),
)


@st.composite
def budgets(draw: st.DrawFn) -> Fact:
    dimension = draw(st.sampled_from(list(AMOUNTS)))
    values: dict[str, Any] = {
        "dimension": dimension,
        "window": draw(st.sampled_from(["hour", "day", "week", "month", "total"])),
        "amount": AMOUNTS[dimension] * draw(st.integers(0, 8)) // 3,
        "mode": draw(MODES),
        "hard": draw(st.sampled_from([True, True, False])),
        "model_class": draw(st.sampled_from([None, None, None, *CLASSES])),
    }
    scope = draw(SCOPES)
    if scope == "plan":
        values["per"] = draw(st.sampled_from(["tenant", "tenant", "tag", "conversation"]))
    return Fact(scope, values)


CALLS = st.fixed_dictionaries(
    {
        "model": st.sampled_from(
            ["", "", "sandbox-small", "middle", "large", "BASE_M", "any", "any", "no-such"]
        ),
        "tags": st.sampled_from([(), (APOLLO,), ("cost-centre=7", APOLLO), ("cost-centre=7",)]),
        "conversation": st.sampled_from([None, "one", "two"]),
        "text": st.sampled_from(["hello", "hello " * 30]),
        "max_tokens": st.sampled_from([5, 30]),
        "stays": st.booleans(),
    }
)
WORLDS = st.fixed_dictionaries(
    {
        "classes": st.sampled_from([CLASSES, CLASSES, CLASSES, ("BASE_S",), ("BASE_M", "ADVANCED")]),
        "tasks": st.sampled_from([[], [], [], [], ["LLM0_CHAT"], ["LLM0_CHAT"], ["LLM2_DRAFT"]]),
        "models": st.sampled_from([[], [], [], [], ["middle"], ["sandbox-small", "large"]]),
        "has_feature": st.sampled_from([True, True, True, True, True, False]),
        "rules": st.lists(RULES, min_size=1, max_size=4),
        "budgets": st.lists(budgets(), min_size=2, max_size=6),
        "calls": st.lists(CALLS, min_size=3, max_size=6),
    }
)
EXAMPLES = settings(
    thorough(24),
    suppress_health_check=[*thorough(24).suppress_health_check, HealthCheck.function_scoped_fixture],
)


@pytest.fixture(autouse=True)
def served(empty_ledger: None) -> None:
    serve_model("middle", model_class_id="BASE_M", aliases=["any"])
    serve_model("large", model_class_id="ADVANCED", aliases=["any"])


def issue(world: dict[str, Any]) -> str:
    """The secret of a token of a new tenant, with what applies to it."""
    for kind in (
        PolicyRule,
        Budget,
        ATIToken,
        Plan,
    ):  # or every explanation would read more than the one before
        kind.objects.all().delete()
    tenant = TenantFactory()
    code = f"PLAN-{tenant.slug}"[:32].upper()
    made_plan = make_plan(code, classes=world["classes"])
    if not world["has_feature"]:
        PlanFeature.objects.filter(plan=made_plan).delete()
    token = make_token(tenant=tenant, plan=code, allowed_tasks=world["tasks"], allowed_models=world["models"])
    ids = {
        "global": "",
        "plan": code,
        "tenant": "",
        "token": str(token.id),
        "tag": APOLLO,
        "conversation": "one",
    }
    seen = set()
    for factory, facts in ((RuleFactory, world["rules"]), (BudgetFactory, world["budgets"])):
        for scope, values in facts:
            owner = tenant if scope in ("tenant", "token", "tag", "conversation") else None
            same = (
                scope,
                *[values.get(name) for name in ("key", "dimension", "window", "model_class", "per")],
            )
            if same in seen:
                continue
            seen.add(same)
            made = dict(values)
            if "model_class" in made:
                made["model_class_id"] = made.pop("model_class")
            factory(tenant=owner, scope=scope, scope_id=ids[scope], **made)
    return token.secret


@pytest.mark.timeout(900)  # many calls, on a busy machine
@EXAMPLES
@given(world=WORLDS)
async def test_what_is_explained_of_a_call_is_what_it_gets(
    gateway_with: Gateways, rows: Any, request_for: Any, world: dict[str, Any]
) -> None:
    buckets, ended = CountedBuckets(), list[Call]()
    gateway = gateway_with(buckets=buckets, observe=lambda call, attempts: ended.append(call))
    caller = await gateway.authenticate(await rows(lambda: issue(world)))

    def levels(limits: Any) -> dict[str, Level]:
        return {each.key: level_of(buckets, each) for each in limits}

    async with AsyncExitStack() as stays:
        for asked in world["calls"]:
            tags, conversation = asked["tags"], asked["conversation"]
            request = request_for(
                asked["text"],
                labels={"tags": tags, "conversation_id": conversation},
                model=asked["model"],
                max_tokens=asked["max_tokens"],
            )

            def explain(request: Any = request) -> EnforcementDecision:
                source, asker = read_policy_source(), asker_of(caller)
                policy = policy_at(source, asker.subject, request.task.value, now())
                policy = policy.for_labels(request.tags, request.conversation_id)
                work = TaskRequest(task=request.task, input=request.input, limits=policy.numbers)
                demand = demand_of_request(gateway._with, asker, request, work)
                return explain_call(source=source, demand=demand, now=now(), levels=levels)

            told = await rows(explain)
            event(f"{told.verdict} {told.code}")
            before = len(ended)
            try:
                if asked["stays"]:
                    verdicts = await stay(gateway, caller, request, stays)
                else:
                    await gateway.execute(caller, request)
                    verdicts = ended[before].verdicts
            except MeteringError as refusal:
                policy = gateway.directory.peek_policy(asker_of(caller).subject, request.task.value, now())
                got = (
                    "denied",
                    refusal.code,
                    *deciding_rule(
                        refusal, caller.plan_code, policy and policy.for_labels(tags, conversation)
                    ),
                    refusal.message,
                )
            else:
                got = ("allowed", "", "", None, f"served by {told.model}")
                if verdicts:
                    first = verdicts[0]
                    got = (first.kind.value, first.code, first.rule, first.rule_id, first.message)
            assert (told.verdict.value, told.code, told.rule, told.rule_id, told.message) == got


async def stay(
    gateway: LLMGateway, caller: Principal, request: Any, until: AsyncExitStack
) -> tuple[Any, ...]:
    """A call that is admitted and stays under way; what it would have been denied for."""
    with_ = gateway._with
    planned, _, _ = await plan(with_, caller, request)
    admitted = await admit(
        planned,
        labels=partial(ledger_labels, caller, request),
        ledger=with_.ledger,
        buckets=with_.buckets,
        background=with_.background,
        lease_s=with_.lease_s,
        now=with_.now,
    )

    async def end() -> None:
        hold = admitted.hold
        await release(
            ledger=with_.ledger,
            reservation_id=hold.reservation_id,
            tenant_id=hold.tenant_id,
            reason="the test is over",
            deadline_s=10,
        )

    until.push_async_callback(end)
    return admitted.verdicts


def level_of(buckets: CountedBuckets, limit: RateLimit) -> Level:
    [level] = buckets.take_now((Draw(limit.key, 0, limit.per_minute),)).levels
    return level
