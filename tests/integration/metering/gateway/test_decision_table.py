"""The decision table of the service gateway plan: one call, one rule, one answer that names it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils.timezone import now

from adapters.chat.adapter import ChatAdapter
from metering.calls.begin import CallRequest
from metering.errors import (
    BudgetExceeded,
    ConcurrencyExceeded,
    FeatureNotInPlan,
    InputTooLarge,
    InvalidCredential,
    ModelNotAllowed,
    TaskNotAllowed,
    TenantSuspended,
)
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.identity.tokens.revoke_token import revoke_token
from metering.ids import uuid7
from metering.models import ATIToken, PlanFeature, PlanLLMAccess, Tenant
from metering.types import Task
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, UserFactory, alder, make_plan, make_token
from tests.fakes.vendors import FakeVendors
from tests.integration.metering.gateway.conftest import Gateways
from tests.served import serve_model

Rows = Any


class DraftingAdapter(ChatAdapter):
    """Drafting as far as policy sees it: one LLM call of the task."""

    supported_tasks = frozenset({Task.DRAFTING})


class Clock:
    """What the gateway takes for the time."""

    def __init__(self) -> None:
        self.moment: datetime | None = None

    def __call__(self) -> datetime:
        return self.moment or datetime.now(UTC)

    def set(self, moment: str) -> None:
        self.moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def gateway(gateway_with: Gateways, clock: Clock) -> LLMGateway:
    return gateway_with(adapters=[ChatAdapter(), DraftingAdapter()], now=clock)


def drafting(**body: Any) -> CallRequest:
    return CallRequest(
        task=Task.DRAFTING,
        input={"messages": [{"role": "user", "content": "draft"}], **body},
        model="PRO_M",
        request_id=str(uuid7()),
    )


def output_limit(vendors: FakeVendors) -> int:
    return int(vendors.calls[-1].body["max_tokens"])


async def test_a_feature_that_the_plan_does_not_contain(
    gateway: LLMGateway, caller: Principal, rows: Rows
) -> None:
    await rows(lambda: PlanFeature.objects.filter(plan="PRO", feature="DRAFTING").delete())
    with pytest.raises(FeatureNotInPlan, match="DRAFTING"):
        await gateway.execute(caller, drafting())


async def test_a_task_that_the_plan_does_not_contain_with_its_feature_or_without(
    gateway: LLMGateway, caller: Principal, rows: Rows
) -> None:
    await rows(lambda: PlanLLMAccess.objects.filter(plan="PRO", task="LLM2_DRAFT").delete())
    with pytest.raises(TaskNotAllowed, match="LLM2_DRAFT"):
        await gateway.execute(caller, drafting())
    await rows(lambda: PlanFeature.objects.filter(plan="PRO", feature="DRAFTING").delete())
    gateway.directory.forget()
    with pytest.raises(TaskNotAllowed, match="LLM2_DRAFT"):
        await gateway.execute(caller, drafting())


async def test_a_model_class_that_the_plan_does_not_allow(
    gateway: LLMGateway, rows: Rows, request_for: Any
) -> None:
    await rows(lambda: serve_model("dear", model_class_id="ADVANCED"))
    await rows(lambda: make_plan("SMALL", classes=("BASE_S", "BASE_M")))
    small = await gateway.authenticate((await rows(lambda: make_token(plan="SMALL"))).secret)
    with pytest.raises(ModelNotAllowed, match=r"does not allow ADVANCED models .* it allows BASE_M, BASE_S"):
        await gateway.execute(small, request_for(model="dear"))


async def test_a_tenant_that_is_suspended(gateway: LLMGateway, rows: Rows) -> None:
    secret = (await rows(make_token)).secret
    await rows(lambda: Tenant.objects.update(status="SUSPENDED"))
    with pytest.raises(TenantSuspended, match="alder"):
        await gateway.authenticate(secret)


async def test_a_token_that_was_revoked(gateway: LLMGateway, rows: Rows) -> None:
    secret = (await rows(make_token)).secret
    await rows(lambda: revoke_token(token=ATIToken.objects.get(), actor="a test", now=now()))
    with pytest.raises(InvalidCredential, match="revoked"):
        await gateway.authenticate(secret)


@pytest.mark.parametrize("used_up", ["user", "team", "tenant"])
async def test_the_quota_that_is_used_up_is_the_one_that_is_named(
    gateway: LLMGateway, rows: Rows, request_for: Any, used_up: str
) -> None:
    def cast() -> str:
        team, user = TeamFactory(), UserFactory()
        scopes = {"user": str(user.pk), "team": str(team.pk), "tenant": ""}
        for scope, scope_id in scopes.items():
            BudgetFactory(scope=scope, scope_id=scope_id, amount=1 if scope == used_up else 50)
        return str(make_token(user=user, team=team).secret)

    member = await gateway.authenticate(await rows(cast))
    await gateway.execute(member, request_for())
    with pytest.raises(BudgetExceeded) as denied:
        await gateway.execute(member, request_for())
    assert (denied.value.usage.budget, denied.value.usage.scope) == (f"{used_up} requests/day", used_up)
    assert denied.value.usage.limit == 1


async def test_an_input_over_max_tokens_in(
    gateway: LLMGateway, caller: Principal, rows: Rows, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_in", value=20))
    with pytest.raises(InputTooLarge, match="more than the plan's limit of 20"):
        await gateway.execute(caller, request_for("many words " * 50))


async def test_as_many_calls_in_flight_as_are_allowed(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, rows: Rows, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(scope="plan", scope_id="PRO", key="max_concurrent", value=1))
    vendors.gate = asyncio.Event()
    running = asyncio.create_task(gateway.execute(caller, request_for()))
    await vendors.called.wait()
    with pytest.raises(ConcurrencyExceeded, match="plan max_concurrent: 1 of 1"):
        await gateway.execute(caller, request_for())
    vendors.gate.set()
    await running


@pytest.mark.parametrize(
    ("moment", "limit"),
    [
        ("2026-03-27T07:59:59.999", 100),  # Friday in winter time: 08:59:59 in Berlin
        ("2026-03-27T08:00:00", 400),
        ("2026-03-27T15:59:59.999", 400),
        ("2026-03-27T16:00:00", 100),
        ("2026-03-28T10:00:00", 100),  # Saturday
        ("2026-03-30T06:59:59.999", 100),  # Monday after the clocks went forward
        ("2026-03-30T07:00:00", 400),
        ("2026-03-30T14:59:59.999", 400),
        ("2026-03-30T15:00:00", 100),
    ],
)
async def test_business_hours_give_more_from_their_first_minute_to_their_last(
    gateway: LLMGateway,
    vendors: FakeVendors,
    clock: Clock,
    rows: Rows,
    request_for: Any,
    moment: str,
    limit: int,
) -> None:
    weekdays = {"days": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}

    def cast() -> str:
        alder(timezone="Europe/Berlin")
        RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_out", value=100)
        RuleFactory(scope="plan", scope_id="PRO", key="max_tokens_out", value=400, conditions=weekdays)
        return str(make_token().secret)

    caller = await gateway.authenticate(await rows(cast))
    clock.set(moment)
    await gateway.execute(caller, request_for(max_tokens=4_000))
    assert output_limit(vendors) == limit


async def test_a_warm_policy_changes_at_the_boundary_without_being_read_again(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, clock: Clock, rows: Rows, request_for: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_tokens_out", value=7, conditions={"hours": "22:00-06:00"}))
    limits = []
    for moment in (
        "2026-01-12T21:59:59",
        "2026-01-12T22:00:00",
        "2026-01-13T05:59:59",
        "2026-01-13T06:00:00",
    ):
        clock.set(moment)
        await gateway.execute(caller, request_for(max_tokens=40))
        limits.append(output_limit(vendors))
    assert limits == [40, 7, 7, 40]


async def test_a_tenants_override_raises_enterprise_drafting_to_8000(
    gateway: LLMGateway, vendors: FakeVendors, rows: Rows
) -> None:
    def cast() -> str:
        serve_model("draft", model_class_id="PRO_M", context_tokens=64_000, max_output_tokens=16_000)
        enterprise: dict[str, Any] = {"scope": "plan", "scope_id": "ENTERPRISE", "key": "max_tokens_out"}
        RuleFactory(**enterprise, value=4_000)
        token = make_token(plan="ENTERPRISE")
        RuleFactory(key="max_tokens_out", value=8_000, task_id="LLM2_DRAFT")
        return str(token.secret)

    caller = await gateway.authenticate(await rows(cast))
    await gateway.execute(caller, drafting(max_tokens=16_000))
    assert output_limit(vendors) == 8_000
