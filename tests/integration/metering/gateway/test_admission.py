"""What may be asked for, and how soon a change of it counts."""

import asyncio
from typing import Any

import pytest

from metering.calls.begin import CallRequest
from metering.calls.cached_directory import CachedDirectory
from metering.errors import (
    BudgetExceeded,
    FeatureNotInPlan,
    InputTooLarge,
    ModelNotAllowed,
    ModelNotFound,
    NotFound,
    TaskNotAllowed,
)
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.models import PlanFeature, UsageReservation
from metering.types import Task, WireProtocol
from tests.factories import BudgetFactory, RuleFactory, TeamFactory, birch, make_plan, make_token
from tests.fakes.vendors import FakeVendors
from tests.served import serve_model


async def test_a_team_of_another_tenant_is_not_found(
    gateway: LLMGateway, caller: Principal, rows: Any
) -> None:
    theirs = await rows(lambda: TeamFactory(tenant=birch()))
    secret = (await rows(make_token)).secret
    for reference in (theirs.slug, str(theirs.pk)):
        with pytest.raises(NotFound):
            await gateway.authenticate(secret, team=reference)


async def test_plan_token_and_model_are_checked(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: serve_model("dear", model_class_id="ADVANCED"))
    await rows(lambda: make_plan("SMALL", classes=("BASE_S",)))
    small = await gateway.authenticate((await rows(lambda: make_token(plan="SMALL"))).secret)
    with pytest.raises(ModelNotFound):
        await gateway.execute(caller, request_for(model="no-such-model"))
    with pytest.raises(ModelNotAllowed, match="it allows BASE_S"):
        await gateway.execute(small, request_for(model="dear"))
    only_dear = await rows(lambda: make_token(allowed_models=["dear"]))
    narrowed = await gateway.authenticate(only_dear.secret)
    with pytest.raises(ModelNotAllowed, match="token"):
        await gateway.execute(narrowed, request_for())
    only_drafts = await rows(lambda: make_token(allowed_tasks=["LLM2_DRAFT"]))
    with pytest.raises(TaskNotAllowed):
        await gateway.execute(await gateway.authenticate(only_drafts.secret), request_for())
    await rows(lambda: PlanFeature.objects.filter(plan="SMALL", feature="CHAT").delete())
    gateway.directory.forget()
    with pytest.raises(FeatureNotInPlan):
        await gateway.execute(small, request_for())
    assert vendors.calls == []


async def test_a_class_or_nothing_stands_for_its_cheapest_model(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: serve_model("mine", model_class_id="PRO_M", aliases=["draft"]))
    for name in ("PRO_M", "draft", "mine"):
        await gateway.execute(caller, request_for(model=name))
    await gateway.execute(caller, request_for(model=""))
    assert [call.model for call in vendors.calls] == ["mine", "mine", "mine", "sandbox-small"]


async def test_large_input_is_refused_before_anything_is_held(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_tokens_in", value=10))
    with pytest.raises(InputTooLarge) as caught:
        await gateway.execute(caller, request_for("many words " * 50))
    assert caught.value.param == "messages"
    assert not await rows(UsageReservation.objects.exists)


async def test_a_large_input_is_named_as_its_protocol_calls_it(
    gateway: LLMGateway, caller: Principal, rows: Any
) -> None:
    await rows(lambda: RuleFactory(key="max_tokens_in", value=10))
    request = CallRequest(
        task=Task.CHAT,
        input={"model": "sandbox-small", "input": "many words " * 50, "max_output_tokens": 50},
        model="sandbox-small",
        request_id="r-1",
        protocol=WireProtocol.RESPONSES,
    )
    with pytest.raises(InputTooLarge) as caught:
        await gateway.execute(caller, request)
    assert caught.value.param == "input"


async def test_a_changed_limit_counts_within_a_second(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    budget = await rows(lambda: BudgetFactory(dimension="requests", amount=1))
    await gateway.execute(caller, request_for())
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for())
    budget.amount = 2
    await rows(budget.save)
    await asyncio.sleep(1.05)
    await gateway.execute(caller, request_for())


async def test_a_warm_call_asks_the_orm_nothing(
    gateway: LLMGateway, caller: Principal, request_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gateway.execute(caller, request_for())

    def nothing(*_: Any, **__: Any) -> None:
        raise AssertionError("the ORM was asked")

    monkeypatch.setattr("metering.snapshots.snapshots.in_database_thread", nothing)
    await gateway.execute(caller, request_for())
    assert isinstance(gateway.directory, CachedDirectory)
