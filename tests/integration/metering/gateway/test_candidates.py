"""A call that several models may serve: what is held, which budgets and rates count it, and who is passed over."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils.timezone import now
from msgspec import structs

from metering.admission.demand import Asker, demand_of_counts
from metering.admission.plan import plan_call
from metering.decisions.decision import Verdict
from metering.errors import BudgetExceeded, InputTooLarge, RateLimited, VendorError
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.ledger.commands import Adjust
from metering.ledger.results import Ended
from metering.ledger.writer import LedgerWriter
from metering.models import UsageLog, UsageMeter, UsageReservation
from metering.policy.source import read_policy_source
from metering.policy.values import PolicySubject
from metering.ports import AttemptFailed
from metering.simulation.explain import explain_call
from metering.types import Outcome
from tests.factories import BudgetFactory, ModelFactory, PriceFactory, ProviderFactory, RuleFactory
from tests.fakes.vendors import FakeAnswer, FakeUsage, FakeVendors

REFUSED = AttemptFailed("status 500", outcome=Outcome.ERROR, status=500, retryable=True)
USAGE = FakeUsage(input_tokens=10, output_tokens=20)
CHEAP_USD, DEAR_USD = 1, 10


def two_models(**facts: Any) -> None:
    """The alias `chat`: `cheap` of the sandbox, and `dear` of another provider at ten times its price."""
    for name, provider, usd in (("cheap", "sandbox", CHEAP_USD), ("dear", "other", DEAR_USD)):
        model = ModelFactory(
            name=name,
            provider=ProviderFactory(name=provider),
            aliases=["chat"],
            **(facts if name == "dear" else {}),
        )
        PriceFactory(model=model, input=usd, output=usd)


async def test_room_is_held_for_the_dearest_model_that_may_serve_it(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await gateway.execute(caller, request_for(model="cheap"))
    await gateway.execute(caller, request_for(model="chat"))
    one, any_of_them = await rows(lambda: list(UsageReservation.objects.order_by("id")))
    assert any_of_them.output_tokens == one.output_tokens
    assert any_of_them.cost_nano_usd > 9 * one.cost_nano_usd


async def test_where_there_is_no_room_for_the_dearest_the_first_model_alone_is_held(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(lambda: BudgetFactory(dimension="cost", amount=1_000_000))
    vendors.script = [FakeAnswer(usage=USAGE)]
    await gateway.execute(caller, request_for(model="chat"))
    reservation = await rows(UsageReservation.objects.get)
    assert reservation.cost_nano_usd < 1_000_000
    assert vendors.calls[0].provider_name == "sandbox"


async def test_the_model_that_served_and_the_alias_that_was_asked_for_are_kept(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    vendors.script = [REFUSED, FakeAnswer(usage=USAGE)]
    result = await gateway.execute(caller, request_for(model="chat"))
    first, second = await rows(lambda: list(UsageLog.objects.order_by("attempt")))
    assert (first.request_model, first.provider_name, first.cost_nano_usd) == ("cheap", "sandbox", 0)
    assert (second.request_model, second.provider_name) == ("dear", "other")
    assert second.cost_nano_usd == 30 * DEAR_USD * 1_000
    assert first.model_alias == second.model_alias == "chat"
    assert (result.facts.model, result.facts.provider_name) == ("dear", "other")


async def test_a_model_that_was_asked_for_by_its_name_has_no_alias(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await gateway.execute(caller, request_for())
    assert (await rows(UsageLog.objects.get)).model_alias is None


async def test_a_vendors_failure_is_no_use_of_a_budget_of_requests(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(lambda: BudgetFactory(dimension="requests", amount=5))
    vendors.script = [REFUSED, FakeAnswer()]
    await gateway.execute(caller, request_for(model="chat"))
    assert (await rows(UsageMeter.objects.get)).used == 1


async def test_a_providers_budget_counts_what_that_provider_served(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    for provider in ("sandbox", "other"):
        await rows(
            lambda name=provider: BudgetFactory(
                scope="provider", scope_id=name, dimension="requests", amount=5
            )
        )
    vendors.script = [REFUSED, FakeAnswer()]
    await gateway.execute(caller, request_for(model="chat"))
    used = await rows(lambda: dict(UsageMeter.objects.values_list("subject_id", "used")))
    assert used == {"sandbox": 0, "other": 1}


async def test_a_provider_whose_budget_is_used_up_is_passed_over(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(lambda: BudgetFactory(scope="provider", scope_id="sandbox", dimension="requests", amount=0))
    await gateway.execute(caller, request_for(model="chat"))
    assert [call.provider_name for call in vendors.calls] == ["other"]
    with pytest.raises(BudgetExceeded):
        await gateway.execute(caller, request_for(model="cheap"))


async def test_a_provider_whose_rate_is_used_up_is_passed_over(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(lambda: RuleFactory(scope="provider", scope_id="sandbox", key="requests_per_minute", value=1))
    for _ in range(2):
        await gateway.execute(caller, request_for(model="chat"))
    assert [call.provider_name for call in vendors.calls] == ["sandbox", "other"]
    with pytest.raises(RateLimited):
        await gateway.execute(caller, request_for(model="cheap"))


async def test_a_model_whose_context_is_too_short_is_passed_over(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: two_models(context_tokens=200_000))
    await gateway.execute(caller, request_for("word " * 40_000, model="chat"))
    assert [call.provider_name for call in vendors.calls] == ["other"]


async def test_a_model_without_a_price_is_passed_over_under_a_hard_budget(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(lambda: ModelFactory(name="unpriced", aliases=["chat"]))
    await rows(lambda: BudgetFactory(dimension="cost", amount=10**12))
    vendors.script = [REFUSED, REFUSED]
    with pytest.raises(Exception, match="failed"):
        await gateway.execute(caller, request_for(model="chat"))
    assert [call.model for call in vendors.calls] == ["cheap", "dear"]


async def test_a_rule_sends_calls_to_a_cheaper_class_from_a_share_of_the_budget_on(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    def cast() -> None:
        model = ModelFactory(name="large", model_class_id="BASE_M")
        PriceFactory(model=model)
        BudgetFactory(dimension="requests", amount=4)
        RuleFactory(
            key="cheaper_class",
            value="BASE_S",
            conditions={"usage": {"budget": "requests/day", "from_percent": 50}},
        )

    await rows(cast)
    for _ in range(3):
        await gateway.execute(caller, request_for(model="large"))
    assert [call.model for call in vendors.calls] == ["large", "large", "sandbox-small"]
    last = await rows(lambda: UsageLog.objects.order_by("-id").first())
    assert (last.request_model, last.model_alias) == ("sandbox-small", "large")


async def test_a_cheaper_class_that_the_token_may_not_use_changes_nothing(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    def cast() -> None:
        PriceFactory(model=ModelFactory(name="large", model_class_id="BASE_M"))
        RuleFactory(key="cheaper_class", value="BASE_S")

    await rows(cast)
    narrowed = replace(caller, allowed_models=frozenset({"large"}))
    await gateway.execute(narrowed, request_for(model="large"))
    assert [call.model for call in vendors.calls] == ["large"]


async def test_a_cheaper_class_whose_contexts_are_too_short_changes_nothing(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    def cast() -> None:
        PriceFactory(model=ModelFactory(name="large", model_class_id="BASE_M", context_tokens=200_000))
        RuleFactory(key="cheaper_class", value="BASE_S")

    await rows(cast)
    for text in ("word", "word " * 40_000):
        await gateway.execute(caller, request_for(text, model="large"))
    assert [call.model for call in vendors.calls] == ["sandbox-small", "large"]


async def test_an_input_too_long_for_the_models_asked_for_too_is_refused_as_one_for_them(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    def cast() -> None:
        PriceFactory(model=ModelFactory(name="large", model_class_id="BASE_M", context_tokens=200_000))
        RuleFactory(key="cheaper_class", value="BASE_S")

    await rows(cast)
    with pytest.raises(InputTooLarge, match="200"):
        await gateway.execute(caller, request_for("word " * 400_000, model="large"))


async def test_embeddings_stay_with_the_models_asked_for(caller: Principal, rows: Any) -> None:
    def cast() -> Any:
        PriceFactory(model=ModelFactory(name="vectors", model_class_id="BASE_M", capabilities=["embeddings"]))
        RuleFactory(key="cheaper_class", value="BASE_S")
        source = read_policy_source()
        asker = Asker(subject=PolicySubject(caller.tenant_id, caller.plan_code, None, None, caller.token_id))
        demand = demand_of_counts(asker, task="LLM0_CHAT", model="vectors", input_tokens=10)
        access = source.access_to(caller.plan_code, demand.task)
        policy = source.policy(asker.subject, demand.task)
        return plan_call(structs.replace(demand, embeds=True), access, source.models, policy)

    plan = await rows(cast)
    assert [model.name for model in plan.route.candidates] == ["vectors"]


async def test_an_explanation_names_the_models_that_may_serve_it_should_the_first_fail(
    caller: Principal, rows: Any
) -> None:
    await rows(two_models)
    decision = await rows(lambda: explained(caller, input_tokens=10, output_tokens=10))
    assert (decision.verdict, decision.model, decision.fallbacks) == (Verdict.ALLOWED, "cheap", ("dear",))
    assert decision.message == "served by cheap; should that fail, by dear"


async def test_a_provider_with_room_for_its_own_model_alone_is_not_passed_over_for_a_dearer_one(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(
        lambda: BudgetFactory(scope="provider", scope_id="sandbox", dimension="cost", amount=1_000_000)
    )
    await gateway.execute(caller, request_for(model="chat"))
    assert [call.provider_name for call in vendors.calls] == ["sandbox"]


async def test_a_rate_that_is_too_small_for_the_largest_model_lets_the_first_one_through(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: two_models(max_output_tokens=20_000))
    await rows(lambda: RuleFactory(key="tokens_per_minute", value=10_000))
    request = request_for(model="chat")
    del request.input["max_tokens"]
    await gateway.execute(caller, request)
    assert [call.model for call in vendors.calls] == ["cheap"]


async def test_a_provider_whose_share_of_the_callers_rate_is_used_up_is_passed_over(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(lambda: RuleFactory(key="requests_per_minute_per_provider", value=1))
    for _ in range(2):
        await gateway.execute(caller, request_for(model="chat"))
    assert [call.provider_name for call in vendors.calls] == ["sandbox", "other"]


async def test_a_reservation_is_labelled_with_the_model_that_it_was_let_in_with(
    gateway: LLMGateway, caller: Principal, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(lambda: BudgetFactory(scope="provider", scope_id="sandbox", dimension="requests", amount=0))
    await gateway.execute(caller, request_for(model="chat"))
    reservation, attempt = await rows(lambda: (UsageReservation.objects.get(), UsageLog.objects.get()))
    for row in (reservation, attempt):
        assert (row.request_model, row.provider_name, row.model_alias) == ("dear", "other", "chat")


async def test_under_a_rule_for_a_cheaper_class_no_failure_leads_to_a_dearer_one(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(lambda: two_models(model_class_id="BASE_M"))
    await rows(lambda: RuleFactory(key="cheaper_class", value="BASE_S"))
    vendors.script = [REFUSED, REFUSED, REFUSED]
    with pytest.raises(VendorError):
        await gateway.execute(caller, request_for(model="chat"))
    assert {call.model for call in vendors.calls} == {"cheap"}


def explained(caller: Principal, **counts: int) -> Any:
    """What becomes of a call of `chat`."""
    asker = Asker(subject=PolicySubject(caller.tenant_id, caller.plan_code, None, None, caller.token_id))
    demand = demand_of_counts(asker, task="LLM0_CHAT", model="chat", **counts)
    return explain_call(source=read_policy_source(), demand=demand, now=now())


async def test_an_explanation_names_no_model_whose_context_is_too_short(caller: Principal, rows: Any) -> None:
    await rows(lambda: two_models(context_tokens=200_000))
    decision = await rows(lambda: explained(caller, input_tokens=150_000, output_tokens=10))
    assert (decision.model, decision.fallbacks) == ("dear", ())


async def test_an_explanation_names_the_model_where_this_call_costs_least_first(
    caller: Principal, rows: Any
) -> None:
    def cast() -> None:
        for name, input_usd, output_usd in (("long answers", 9, 1), ("long questions", 1, 10)):
            PriceFactory(model=ModelFactory(name=name, aliases=["chat"]), input=input_usd, output=output_usd)

    await rows(cast)
    decision = await rows(lambda: explained(caller, input_tokens=1_000, output_tokens=10))
    assert (decision.model, decision.fallbacks) == ("long questions", ("long answers",))


async def test_a_correction_is_about_the_vendor_that_served(
    gateway: LLMGateway,
    writer: LedgerWriter,
    caller: Principal,
    vendors: FakeVendors,
    request_for: Any,
    rows: Any,
) -> None:
    await rows(two_models)
    for provider in ("sandbox", "other"):
        await rows(
            lambda name=provider: BudgetFactory(
                scope="provider", scope_id=name, dimension="cost", amount=10**12
            )
        )
    vendors.script = [REFUSED, FakeAnswer(usage=USAGE)]
    result = await gateway.execute(caller, request_for(model="chat"))
    correction = Adjust(
        reservation_id=result.facts.reservation_id,
        number=1,
        reason="the vendor's bill",
        cost_nano_usd=-100_000,
    )
    assert isinstance(await writer.submit(correction), Ended)
    used = await rows(lambda: dict(UsageMeter.objects.values_list("subject_id", "used")))
    assert used == {"sandbox": 0, "other": 30 * DEAR_USD * 1_000 - 100_000}
    reservation = await rows(UsageReservation.objects.get)
    assert (reservation.provider_name, reservation.request_model) == ("other", "dear")


async def test_a_model_in_front_that_cannot_be_paid_leaves_the_call_to_a_cheaper_one(
    gateway: LLMGateway, caller: Principal, vendors: FakeVendors, request_for: Any, rows: Any
) -> None:
    await rows(two_models)
    await rows(lambda: BudgetFactory(dimension="cost", amount=1_000_000))
    vendors.order = lambda candidates, costs, conversation: [1, 0]  # type: ignore[method-assign]
    vendors.script = [FakeAnswer(usage=USAGE)]
    await gateway.execute(caller, request_for(model="chat"))
    assert [call.provider_name for call in vendors.calls] == ["sandbox"]
