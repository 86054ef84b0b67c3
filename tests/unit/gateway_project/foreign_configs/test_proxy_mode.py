"""The proxy mode's file: its own example, and what may stand there besides."""

from decimal import Decimal

from metering.types import Dimension, SubjectType, Window
from tests.unit.gateway_project.foreign_configs.converting import (
    model_of,
    notes,
    problems,
    provider_of,
    read,
)
from tests.unit.gateway_project.foreign_configs.documents import PROXY_MODE


def test_its_five_providers_keep_their_names_and_refer_to_their_keys() -> None:
    found = {
        entry.name: (entry.kind, entry.base_url, entry.api_key_env) for entry in read(PROXY_MODE).providers
    }
    assert found == {
        "anthropic": ("anthropic", "", "ANTHROPIC_API_KEY"),
        "openai": ("openai_compatible", "https://api.openai.com/v1", "OPENAI_API_KEY"),
        "glm": ("openai_compatible", "https://open.bigmodel.cn/api/paas/v4", "GLM_API_KEY"),
        "groq": ("openai_compatible", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
        "grok": ("openai_compatible", "https://api.x.ai/v1", "GROK_API_KEY"),
    }


def test_its_model_has_its_alias_and_what_the_shipped_catalog_knows() -> None:
    model = model_of(read(PROXY_MODE), "claude-sonnet-4")
    assert (model.physical_name, model.aliases) == ("claude-sonnet-4-20250514", ("default",))
    assert (model.context_tokens, model.max_output_tokens, model.is_active) == (200_000, 64_000, True)
    assert model.price is not None
    assert (model.price.input, model.price.output) == (3, 15)


def test_a_provider_without_models_brings_those_of_its_shipped_catalog() -> None:
    document = read(PROXY_MODE)
    assert model_of(document, "gpt-4o-mini").provider == "openai"
    assert model_of(document, "GLM-4-Air").provider == "glm"
    assert model_of(document, "grok-3").provider == "grok"
    assert "groq" in {entry.provider for entry in document.models}
    assert "line 10: llmproxy.providers.openai: names no models" in notes(PROXY_MODE)


def test_rate_limits_are_rules_of_the_gateway_as_a_whole() -> None:
    found = {rule.key: rule.value for rule in read(PROXY_MODE).rules}
    assert found == {"requests_per_minute": 100, "tokens_per_minute": 100_000}


def test_the_cost_budget_is_two_hard_budgets_of_the_gateway_as_a_whole() -> None:
    budgets = read(PROXY_MODE).budgets
    assert [(each.window, each.amount, each.hard) for each in budgets] == [
        (Window.HOUR, 10 * 10**9, True),
        (Window.DAY, 100 * 10**9, True),
    ]
    assert {(each.dimension, each.per) for each in budgets} == {(Dimension.COST, SubjectType.GLOBAL)}


def test_the_notes_say_which_classes_the_models_got_and_that_no_plan_changed() -> None:
    assert "the models are of the classes ADVANCED, BASE_M, BASE_S, PRO_L, PRO_M." in notes(PROXY_MODE)
    assert "no plan was changed" in notes(PROXY_MODE)


def test_every_key_without_a_place_is_told_with_its_line() -> None:
    text = "llmproxy:\n  providers: {groq: {region: eu}}\n  tls: {cert: a}\n  cost_budget: {weekly_limit: 1}\nui: {}\n"
    told = notes(text)
    assert "line 2: llmproxy.providers.groq.region: not taken over." in told
    assert "line 3: llmproxy.tls: not taken over." in told
    assert "line 4: llmproxy.cost_budget.weekly_limit: not taken over." in told
    assert "line 5: ui: not taken over." in told


def test_a_model_may_say_its_limits_and_its_price() -> None:
    text = """
        llmproxy:
          providers:
            house:
              base_url: http://house.test/v1
              models:
                - name: big
                  max_tokens: 500
                  context_tokens: 9000
                  cost_per_1k_prompt: 0.001
                  cost_per_1k_completion: 0.002
                - small
    """
    document = read(text)
    big, small = model_of(document, "big"), model_of(document, "small")
    assert (big.max_output_tokens, big.context_tokens, big.model_class) == (500, 9_000, "BASE_M")
    assert big.price is not None
    assert (big.price.input, big.price.output) == (Decimal(1), Decimal(2))
    assert small.price is None
    assert "nobody knows what small costs" in notes(text)
    assert provider_of(document, "house").vendor == "other"


def test_a_model_that_is_listed_twice_has_both_aliases() -> None:
    text = "llmproxy: {providers: {openai: {models: [{name: gpt-4o, alias: a}, {name: gpt-4o, alias: b}]}}}"
    assert model_of(read(text), "gpt-4o").aliases == ("a", "b")


def test_elsewhere_than_at_openai_nobody_knows_how_a_model_counts() -> None:
    text = "llmproxy: {{providers: {{openai: {{base_url: {}, models: [gpt-4o-mini]}}}}}}"
    assert model_of(read(text.format("https://api.openai.com/v1")), "gpt-4o-mini").traits == {
        "tokenizer": "o200k_base"
    }
    assert model_of(read(text.format("http://fake.test/v1")), "gpt-4o-mini").traits == {}


def test_what_is_wrong_is_told_at_once_with_lines() -> None:
    text = """\
llmproxy:
  providers:
    mystery: {api_key: "${MYSTERY_API_KEY}"}
    openai: {models: [{alias: x}, {name: "two words"}, {name: gpt-4o, alias: gpt-4o-mini}, {name: gpt-4o-mini}]}
  rate_limits: {requests_per_minute: many}
  cost_budget: {daily_limit: -1}
"""
    found = problems(text)
    assert [line.partition(":")[0] for line in found] == [
        *("line 3", "line 4", "line 4", "line 4"),
        *("line 5", "line 6"),
    ]
    assert "no vendor is known by this name" in found[0]


def test_names_that_differ_in_case_only_and_names_of_classes_are_refused() -> None:
    text = "llmproxy: {providers: {groq: {models: [BASE_S]}, Groq: {}, 'a b': {base_url: 'http://h/v1'}}}"
    told = " ".join(problems(text))
    assert "differs in case only" in told
    assert "is a model class" in told
    assert "a provider's name has letters" in told
