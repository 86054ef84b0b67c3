"""Every kind of budget, from the row to the denial: whose, of what, how long, of which class, hard and soft."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from metering.errors import BudgetExceeded, ConcurrencyExceeded
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.ledger.windows import window_bounds
from metering.models import Tenant, UsageMeter, UsageReservation
from metering.types import Window
from tests.factories import (
    BudgetFactory,
    RuleFactory,
    TeamFactory,
    TenantFactory,
    UserFactory,
    birch,
    make_token,
)
from tests.served import serve_model

LABELS = {"agent_id": "helper", "tags": ("cost-centre=7", "project=apollo"), "conversation_id": "talk-7"}
DIMENSIONS = ("requests", "input_tokens", "output_tokens", "tokens", "cost", "steps")
SCOPES = ("global", "provider", "tenant", "team", "user", "token", "agent", "tag", "conversation")
CHARGED = {"requests": 1, "input_tokens": 10, "output_tokens": 5, "tokens": 15, "cost": 15_000, "steps": 1}
"""By the fake vendor's answer, at $1 per million tokens."""
Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
async def member(gateway: LLMGateway, rows: Any) -> Principal:
    """Alder's user in a team, with a token; the agent's rate is not what these tests are about."""
    await rows(lambda: RuleFactory(key="requests_per_minute_per_agent", value=1_000, scope="global"))
    team, user = await rows(TeamFactory), await rows(UserFactory)
    token = await rows(lambda: make_token(team=team, user=user))
    return await gateway.authenticate(token.secret)


@pytest.fixture
def ask(gateway: LLMGateway, request_for: Any) -> Ask:
    """One call for the agent `helper` with two tags in a conversation, on what the database says now."""

    async def call(caller: Principal, **fields: Any) -> Any:
        gateway.directory.forget()
        return await gateway.execute(caller, request_for(labels=LABELS, **fields))

    return call


def subject_of(scope: str, member: Principal) -> str:
    """The `scope_id` of a budget that the member's calls count against."""
    of = {"provider": "sandbox", "team": member.team_id, "user": member.user_id, "token": member.token_id}
    return str({**of, "agent": "helper", "tag": "project=apollo", "conversation": "talk-7"}.get(scope, ""))


def named(scope: str) -> str:
    """How messages name whose budget it is: a call may have several tags."""
    return "tag project=apollo" if scope == "tag" else scope


async def bound_of_a_call(ask: Ask, member: Principal, rows: Any) -> dict[str, int]:
    """What one call holds of each dimension."""
    await ask(member)
    held = await rows(UsageReservation.objects.get)
    tokens = {"input_tokens": held.input_tokens, "output_tokens": held.output_tokens}
    return tokens | {"requests": 1, "tokens": sum(tokens.values()), "cost": held.cost_nano_usd, "steps": 1}


@pytest.mark.parametrize("scope", SCOPES)
async def test_it_lets_one_call_pass_and_a_hard_one_no_second(
    ask: Ask, member: Principal, rows: Any, scope: str
) -> None:
    bound, calls = await bound_of_a_call(ask, member, rows), 1
    for dimension, hard in product(DIMENSIONS, (True, False)):
        before = calls * CHARGED[dimension]
        facts = {"scope": scope, "scope_id": subject_of(scope, member), "dimension": dimension, "hard": hard}
        amount = before + bound[dimension]
        budget = await rows(lambda facts=facts, amount=amount: BudgetFactory(**facts, amount=amount))
        await ask(member)
        if hard:
            with pytest.raises(BudgetExceeded) as caught:
                await ask(member)
            usage = caught.value.usage
            assert (usage.budget, usage.scope) == (f"{named(scope)} {dimension}/day", scope)
            assert (usage.limit, usage.requested) == (amount, bound[dimension])
            assert usage.current == before + CHARGED[dimension]
        else:
            await ask(member)
        calls += 1 if hard else 2
        meter = await rows(lambda dimension=dimension: UsageMeter.objects.get(dimension=dimension))
        assert (meter.used, meter.held) == (calls * CHARGED[dimension], 0), "what came before it counts too"
        assert meter.unenforced == (0 if hard else max(0, meter.used - amount))
        assert (meter.subject_type, meter.tenant_id is None) == (scope, scope in ("global", "provider"))
        await rows(budget.delete)


async def test_somebody_elses_budget_is_not_touched(ask: Ask, member: Principal, rows: Any) -> None:
    await rows(lambda: BudgetFactory(tenant=birch(), amount=0))
    for scope in ("provider", *SCOPES[3:]):
        await rows(lambda scope=scope: BudgetFactory(scope=scope, scope_id="another", amount=0))
    await ask(member)
    assert await rows(lambda: UsageMeter.objects.count()) == 0


async def test_all_windows_count_at_once_in_the_tenants_calendar(
    ask: Ask, gateway: LLMGateway, rows: Any
) -> None:
    place = {"timezone": "Pacific/Chatham", "week_start": 6}
    tenant: Tenant = await rows(lambda: TenantFactory(slug="far", **place))
    windows = [window for window in Window if window is not Window.NONE]
    for window in windows:
        await rows(lambda window=window: BudgetFactory(tenant=tenant, window=window))
    caller = await gateway.authenticate((await rows(lambda: make_token(tenant))).secret)
    before = datetime.now(UTC)
    await ask(caller)
    after = datetime.now(UTC)
    meters = {meter.window: meter for meter in await rows(lambda: list(UsageMeter.objects.all()))}
    assert set(meters) == set(windows)
    for window in windows:
        meter = meters[window]
        expected = [window_bounds(window, moment, **place) for moment in (before, after)]
        assert (meter.window_start, meter.window_end) in expected
        assert (meter.used, meter.timezone) == (1, "Pacific/Chatham")
    local = meters[Window.DAY].window_start.astimezone(ZoneInfo("Pacific/Chatham"))
    assert (local.hour, local.minute) == (0, 0)


async def test_the_narrowest_of_several_windows_denies_and_is_named(
    ask: Ask, member: Principal, rows: Any
) -> None:
    for window, amount in (("hour", 3), ("day", 2), ("month", 10), ("total", 10)):
        await rows(lambda window=window, amount=amount: BudgetFactory(window=window, amount=amount))
    await ask(member)
    await ask(member)
    with pytest.raises(BudgetExceeded) as caught:
        await ask(member)
    assert caught.value.usage.period == "day"
    assert caught.value.reset_at is not None


async def test_a_budget_that_never_resets_says_so(ask: Ask, member: Principal, rows: Any) -> None:
    await rows(lambda: BudgetFactory(window="total", amount=0))
    with pytest.raises(BudgetExceeded) as caught:
        await ask(member)
    assert caught.value.reset_at is None


async def test_a_budget_of_another_task_does_not_count(ask: Ask, member: Principal, rows: Any) -> None:
    await rows(lambda: BudgetFactory(task_id="LLM2_DRAFT", amount=0))
    await ask(member)
    await rows(lambda: BudgetFactory(task_id="LLM0_CHAT", amount=0))
    with pytest.raises(BudgetExceeded):
        await ask(member)


async def test_a_budget_of_a_model_class_counts_calls_to_that_class(
    ask: Ask, member: Principal, rows: Any
) -> None:
    await rows(lambda: serve_model("sandbox-large", model_class_id="PRO_L"))
    for before, scope in enumerate(SCOPES):
        facts = {"scope": scope, "scope_id": subject_of(scope, member), "model_class_id": "PRO_L"}
        budget = await rows(lambda facts=facts, amount=before + 1: BudgetFactory(**facts, amount=amount))
        await ask(member, model="sandbox-large")
        with pytest.raises(BudgetExceeded) as caught:
            await ask(member, model="sandbox-large")
        assert caught.value.usage.budget == f"{named(scope)} requests/day of PRO_L"
        await ask(member, model="sandbox-small")
        meter = await rows(lambda scope=scope: UsageMeter.objects.get(subject_type=scope))
        assert (meter.used, meter.model_class) == (before + 1, "PRO_L")
        await rows(budget.delete)


async def test_each_agent_tag_conversation_and_provider_of_a_class_has_its_own_meter(
    ask: Ask, member: Principal, rows: Any
) -> None:
    await rows(lambda: serve_model("sandbox-large", model_class_id="PRO_L"))
    for per in ("agent", "tag", "conversation", "provider", "user"):
        plan = {"scope": "plan", "scope_id": "PRO", "per": per}
        await rows(lambda plan=plan: BudgetFactory(**plan, model_class_id="PRO_L"))
    await ask(member, model="sandbox-small")
    assert await rows(lambda: UsageMeter.objects.count()) == 0
    await ask(member, model="sandbox-large")
    counted = await rows(lambda: set(UsageMeter.objects.values_list("subject_type", "subject_id", "used")))
    tags = {("tag", "project=apollo", 1), ("tag", "cost-centre=7", 1)}
    assert counted == tags | {
        ("agent", "helper", 1),
        ("conversation", "talk-7", 1),
        ("provider", "sandbox", 1),
        ("user", str(member.user_id), 1),
    }


async def test_user_team_and_organisation_all_have_to_agree(ask: Ask, member: Principal, rows: Any) -> None:
    budgets = {
        scope: await rows(
            lambda scope=scope: BudgetFactory(
                scope=scope, scope_id=subject_of(scope, member), window="month", amount=5
            )
        )
        for scope in ("user", "team", "tenant")
    }
    for scope, budget in budgets.items():
        await rows(lambda budget=budget: type(budget).objects.filter(pk=budget.pk).update(amount=0))
        with pytest.raises(BudgetExceeded) as caught:
            await ask(member)
        assert caught.value.usage.scope == scope
        await rows(lambda budget=budget: type(budget).objects.filter(pk=budget.pk).update(amount=5))
    await ask(member)
    assert set(await rows(lambda: list(UsageMeter.objects.values_list("used", "held")))) == {(1, 0)}


async def test_concurrency_is_counted_by_tenant_and_task(
    ask: Ask, gateway: LLMGateway, member: Principal, rows: Any
) -> None:
    await rows(lambda: RuleFactory(task_id="LLM2_DRAFT", value=0))
    await ask(member)
    await rows(lambda: RuleFactory(task_id="LLM0_CHAT", value=0))
    with pytest.raises(ConcurrencyExceeded):
        await ask(member)
    stranger = await gateway.authenticate((await rows(lambda: make_token(birch()))).secret)
    await ask(stranger)
