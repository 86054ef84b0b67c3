from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils.timezone import now

from metering.catalog.prices import prices_at
from metering.errors import CatalogInvalid
from metering.models import (
    AuditEvent,
    Budget,
    LLMModel,
    ModelPrice,
    Plan,
    PlanFeature,
    PlanLLMAccess,
    PolicyRule,
    Provider,
)
from tests.factories import RuleFactory

DEMO = Path(__file__).parents[4] / "fixtures" / "demo" / "catalog.yaml"
MODEL = """
providers: {sandbox: {kind: sandbox}}
models:
  small: {provider: sandbox, class: BASE_S, context_tokens: 1000, max_output_tokens: 100, price: {input: %s, output: 2}}
"""
HOUR = timedelta(hours=1)


def rows() -> dict[str, int]:
    nouns = (Provider, LLMModel, ModelPrice, Plan, PlanFeature, PlanLLMAccess, PolicyRule, Budget, AuditEvent)
    return {noun.__name__: noun.objects.count() for noun in nouns}


def plan(body: str) -> str:
    return f"plans: {{PRO: {{{body}}}}}"


class TestAWholeFile:
    def test_loading_the_demo_s_catalog_again_changes_nothing(self, load) -> None:
        assert load(DEMO.read_text())
        before = rows()
        assert load(DEMO.read_text()) == []
        assert rows() == before

    def test_the_demo_s_plans_have_the_concurrency_of_each_task(self, load) -> None:
        load(DEMO.read_text())
        rules = PolicyRule.objects.filter(scope_id="PRO", key="max_concurrent")
        limits = dict(rules.values_list("task_id", "value"))
        tasks = ("LLM1_PRIOR_ART", "LLM2_DRAFT", "LLM3_DIAGRAM")
        assert [limits[task] for task in tasks] == [3, 2, 5]

    def test_a_dry_run_says_the_same_and_changes_nothing(self, load) -> None:
        moment, before = now(), rows()
        would = load(DEMO.read_text(), at=moment, dry_run=True)
        assert rows() == before
        assert load(DEMO.read_text(), at=moment) == would

    def test_one_problem_anywhere_and_nothing_is_loaded(self, load) -> None:
        before = rows()
        with pytest.raises(CatalogInvalid):
            load(MODEL % 1 + "plans: {PRO: {features: [SINGING]}}")
        assert rows() == before

    def test_what_the_file_does_not_name_is_left_alone(self, load) -> None:
        load(DEMO.read_text())
        assert load("plans: {}\nmodels: {}\nproviders: {}") == []
        load("plans: {TINY: {}}")
        assert set(Plan.objects.values_list("code", flat=True)) == {
            "FREE",
            "BASIC",
            "PRO",
            "ENTERPRISE",
            "TINY",
        }

    def test_every_change_leaves_a_trace(self, load) -> None:
        load(MODEL % 1)
        traces = AuditEvent.objects.values_list("action", "actor", "object_type", "object_id")
        assert set(traces) == {
            ("catalog.added", "a test", "provider", "sandbox"),
            ("catalog.added", "a test", "model", "small"),
            ("catalog.added", "a test", "price", "small"),
        }


class TestModels:
    def test_a_changed_field_is_shown_before_and_after(self, load) -> None:
        load(MODEL % 1)
        [change] = load((MODEL % 1).replace("1000", "2000"))
        assert change.as_line() == "~ model small: context_tokens 1000 -> 2000"
        assert LLMModel.objects.get(name="small").context_tokens == 2000

    def test_a_changed_price_is_a_new_row_and_the_old_one_stays(self, load) -> None:
        moment = now()
        load(MODEL % "0.15", at=moment - HOUR)
        [change] = load(MODEL % "0.2", at=moment)
        assert (
            change.as_line()
            == "~ price small: input 0.15 -> 0.2, cached_input 0.15 -> 0.2, cache_write 0.15 -> 0.2"
        )
        found = [prices_at(models=["small"], moment=at)["small"] for at in (moment - HOUR / 2, moment)]
        assert [price.input for price in found] == [Decimal("0.15"), Decimal("0.2")]

    def test_the_same_price_in_other_digits_is_the_same_price(self, load) -> None:
        load(MODEL % "0.15")
        assert load(MODEL % "0.150") == []
        assert ModelPrice.objects.count() == 1

    def test_a_file_without_a_price_leaves_the_price(self, load) -> None:
        load(MODEL % 1)
        assert load((MODEL % 1).replace(", price: {input: 1, output: 2}", "")) == []

    def test_a_name_that_is_another_model_s_alias_in_the_database_is_refused(self, load) -> None:
        load((MODEL % 1).replace("price:", "aliases: [fast], price:"))
        with pytest.raises(CatalogInvalid, match="'fast' is an alias of the model 'small' already"):
            load((MODEL % 1).replace("small", "fast"))


class TestTraits:
    PROVIDER = "providers: {own: {base_url: 'http://a.test'%s}}"

    def test_a_changed_vendor_and_changed_traits_are_shown_before_and_after(self, load) -> None:
        load(self.PROVIDER % "")
        [change] = load(self.PROVIDER % ", vendor: vllm, traits: {reasoning: true}")
        assert (
            change.as_line() == '~ provider own: vendor (none) -> vllm, traits (none) -> {"reasoning": true}'
        )
        assert change.as_json()["fields"] == {
            "vendor": {"before": "", "after": "vllm"},
            "traits": {"before": {}, "after": {"reasoning": True}},
        }
        assert load(self.PROVIDER % ", vendor: vllm, traits: {reasoning: true}") == []

    def test_a_provider_and_a_model_lose_the_traits_that_are_not_named_again(self, load) -> None:
        with_traits = MODEL.replace("price:", "traits: {pictures: gpt-4o}, price:")
        load(self.PROVIDER % ", vendor: vllm, traits: {reasoning: true}")
        load(with_traits % 1)
        changes = [*load(self.PROVIDER % ""), *load(MODEL % 1)]
        assert [change.as_line() for change in changes] == [
            '~ provider own: vendor vllm -> (none), traits {"reasoning": true} -> (none)',
            '~ model small: traits {"pictures": "gpt-4o"} -> (none)',
        ]
        assert Provider.objects.get(name="own").traits == LLMModel.objects.get(name="small").traits == {}

    def test_the_order_of_limit_names_is_kept_and_counts(self, load) -> None:
        traits = ", traits: {limit_names: [%s]}"
        load(self.PROVIDER % (traits % "max_completion_tokens, max_tokens"))
        assert Provider.objects.get().traits["limit_names"] == ["max_completion_tokens", "max_tokens"]
        [change] = load(self.PROVIDER % (traits % "max_tokens, max_completion_tokens"))
        assert change.action == "changed"

    def test_one_wrong_trait_and_nothing_is_loaded(self, load) -> None:
        with pytest.raises(
            CatalogInvalid, match=r"line 1: providers\.own\.traits\.reasoning: must be true or false"
        ):
            load(self.PROVIDER % ", traits: {reasoning: maybe}")
        assert not Provider.objects.exists()


class TestPlans:
    def test_a_changed_name_and_a_changed_provider_are_shown(self, load) -> None:
        load("providers: {own: {base_url: 'http://a.test'}}\nplans: {PRO: {name: Pro}}")
        changes = load("providers: {own: {base_url: 'http://b.test'}}\nplans: {PRO: {name: Best}}")
        assert [change.as_line() for change in changes] == [
            "~ provider own: base_url http://a.test -> http://b.test",
            "~ plan PRO: name Pro -> Best",
        ]

    def test_a_default_class_can_change(self, load) -> None:
        task = "tasks: {LLM0_CHAT: {classes: [BASE_S, BASE_M], default_class: %s}}"
        load(plan(task % "BASE_S"))
        [change] = load(plan(task % "BASE_M"))
        assert change.as_line() == "~ plan task PRO LLM0_CHAT: default_class BASE_S -> BASE_M"

    def test_what_a_named_plan_no_longer_lists_it_loses(self, load) -> None:
        load(plan("tasks: {LLM0_CHAT: {classes: [BASE_S]}, LLM2_DRAFT: {classes: [PRO_M]}}"))
        changes = load(plan("tasks: {LLM0_CHAT: {classes: [BASE_S, BASE_M]}}"))
        assert [change.as_line() for change in changes] == [
            "- plan feature PRO DRAFTING",
            "~ plan task PRO LLM0_CHAT: classes [BASE_S] -> [BASE_S, BASE_M]",
            "- plan task PRO LLM2_DRAFT",
        ]

    def test_other_plans_keep_what_they_have(self, load) -> None:
        load("plans: {A: {budgets: [{dimension: cost, window: day, amount: 1}]}, B: {rules: []}}")
        load("plans: {B: {budgets: [{dimension: cost, window: day, amount: 1}]}}")
        assert Budget.objects.filter(scope_id="A", is_active=True).count() == 1


class TestBudgets:
    BUDGET = plan("budgets: [{dimension: cost, window: day, amount: %s}]")

    def test_another_amount_changes_the_same_row(self, load) -> None:
        load(self.BUDGET % 1)
        before = Budget.objects.get()
        [change] = load(self.BUDGET % "2.5")
        assert change.as_line() == "~ plan budget PRO cost/day per tenant: amount $1 -> $2.5"
        assert (Budget.objects.get().pk, Budget.objects.get().amount) == (before.pk, 2_500_000_000)

    def test_a_removed_budget_is_kept_inactive_and_counts_on_when_it_comes_back(self, load) -> None:
        load(self.BUDGET % 1)
        before = Budget.objects.get()
        [removed] = load(plan("budgets: []"))
        assert removed.as_line() == "- plan budget PRO cost/day per tenant"
        assert not Budget.objects.get().is_active
        [added] = load(self.BUDGET % 1)
        assert added.action == "added"
        assert (Budget.objects.get().pk, Budget.objects.get().is_active) == (before.pk, True)

    def test_each_subject_and_task_is_a_budget_of_its_own(self, load) -> None:
        cost = "dimension: cost, window: day, amount: 1"
        load(plan(f"budgets: [{{{cost}}}, {{{cost}, per: user}}, {{{cost}, task: LLM0_CHAT}}]"))
        assert Budget.objects.count() == 3


class TestRules:
    RULE = plan("rules: [{key: max_concurrent, value: %s}]")

    def test_another_value_changes_the_same_row_so_that_its_meter_counts_on(self, load) -> None:
        load(self.RULE % 3)
        before = PolicyRule.objects.get()
        [change] = load(self.RULE % 5)
        assert change.as_line() == "~ plan rule PRO max_concurrent: value 3 -> 5"
        assert (PolicyRule.objects.get().pk, PolicyRule.objects.get().value) == (before.pk, 5)

    def test_a_removed_rule_is_kept_inactive_and_comes_back_as_itself(self, load) -> None:
        load(self.RULE % 3)
        before = PolicyRule.objects.get()
        load(plan("rules: []"))
        assert not PolicyRule.objects.get().is_active
        load(self.RULE % 4)
        assert (PolicyRule.objects.get().pk, PolicyRule.objects.get().is_active) == (before.pk, True)

    def test_of_rules_that_say_the_same_one_is_left(self, load) -> None:
        load(plan("rules: []"))
        for _ in range(2):
            RuleFactory(scope="plan", scope_id="PRO", value=3)
        [change] = load(self.RULE % 3)
        assert change.action == "removed"
        assert PolicyRule.objects.filter(is_active=True).count() == 1

    def test_the_registry_s_refusal_is_a_problem_of_the_file(self, load) -> None:
        with pytest.raises(
            CatalogInvalid, match=r"line 1: plans\.PRO\.rules\[1\]\.value: 'max_speed' is not a rule"
        ):
            load(plan("rules: [{key: max_speed, value: 3}]"))
