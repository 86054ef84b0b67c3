"""LiteLLM's `config.yaml`: the example, word for word, and the settings that people write beside it."""

from textwrap import dedent

import pytest

from metering.types import Window
from tests.unit.gateway_project.foreign_configs.converting import (
    converted,
    model_of,
    notes,
    problems,
    provider_of,
    read,
)
from tests.unit.gateway_project.foreign_configs.documents import LITELLM


def one(params: str, name: str = "m") -> str:
    return f"model_list: [{{model_name: {name}, litellm_params: {params}}}]\n"


def test_its_names_are_aliases_of_the_vendors_models() -> None:
    document = read(LITELLM)
    mini, claude = model_of(document, "gpt-4o-mini"), model_of(document, "claude-3-5-sonnet")
    assert (mini.aliases, mini.provider) == (("chat-default",), "openai")
    assert (claude.aliases, claude.provider) == (("claude-default",), "anthropic")
    assert claude.physical_name == "claude-3-5-sonnet-20241022"
    assert provider_of(document, "openai").api_key_env == "OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("model", "provider", "key", "physical"),
    [
        ("gemini/gemini-2.5-pro", "gemini", "GEMINI_API_KEY", "gemini-2.5-pro"),
        ("openai/gpt-4o", "openai", "OPENAI_API_KEY", "gpt-4o"),
        ("groq/openai/gpt-oss-20b", "groq", "GROQ_API_KEY", "openai/gpt-oss-20b"),
        ("xai/grok-3", "grok", "XAI_API_KEY", "grok-3"),
        ("ollama/llama3", "ollama", "", "llama3"),
        ("gpt-7-tomorrow", "openai", "OPENAI_API_KEY", "gpt-7-tomorrow"),
    ],
)
def test_prefixes_tell_the_vendor_and_where_its_key_usually_is(
    model: str, provider: str, key: str, physical: str
) -> None:
    document = read(one(f"{{model: {model}}}"))
    (entry,) = document.models
    assert (entry.provider, entry.physical_name, entry.aliases) == (provider, physical, ("m",))
    assert provider_of(document, provider).api_key_env == key


@pytest.mark.parametrize("model", ["azure/gpt-4o", "bedrock/anthropic.claude-v2", "vertex_ai/gemini-pro"])
def test_vendors_without_a_client_are_told(model: str) -> None:
    text = (
        LITELLM
        + f"  - model_name: other\n    litellm_params: {{model: {model}, api_key: os.environ/AZURE_API_KEY}}\n"
    )
    vendor, told = model.partition("/")[0], notes(text)
    where = "line 7: model_list[3].litellm_params.model"
    assert f"{where}: not taken over: the gateway has no client for {vendor!r}" in told
    assert len(read(text).models) == 2


def test_of_an_entry_without_a_client_nothing_else_is_asked() -> None:
    text = (
        LITELLM
        + "  - {model_name: x, litellm_params: {model: azure/y, api_base: os.environ/AZURE_API_BASE}}\n"
    )
    assert "AZURE_BASE_URL" not in notes(text)


def test_a_model_under_its_own_name_has_no_alias() -> None:
    assert "aliases" not in converted(one("{model: gpt-4o}", name="gpt-4o")).document["models"]["gpt-4o"]


def test_a_file_of_which_nothing_can_be_taken_over_is_refused_with_the_reasons() -> None:
    assert "nothing in LiteLLM's config.yaml can be taken over" in problems(one("{model: azure/gpt-4o}"))[0]


def test_one_name_for_several_models_is_an_alias_of_each() -> None:
    text = """
        model_list:
          - {model_name: smart, litellm_params: {model: gpt-4o}}
          - {model_name: smart, litellm_params: {model: anthropic/claude-3-5-sonnet}}
          - {model_name: gpt-4o, litellm_params: {model: openai/gpt-4o}}
    """
    document = read(text)
    assert model_of(document, "gpt-4o").aliases == ("smart",)
    assert model_of(document, "claude-3-5-sonnet").aliases == ("smart",)
    assert len(document.models) == 2


def test_two_keys_of_a_vendor_are_two_providers_and_the_name_stays_an_alias_of_both() -> None:
    text = """
        model_list:
          - {model_name: gpt-4o, litellm_params: {model: gpt-4o, api_key: os.environ/FIRST_API_KEY, rpm: 60}}
          - {model_name: gpt-4o, litellm_params: {model: gpt-4o, api_key: os.environ/SECOND_API_KEY, tpm: 5000}}
    """
    document = read(text)
    assert [(entry.name, entry.api_key_env) for entry in document.providers] == [
        ("openai", "FIRST_API_KEY"),
        ("openai-2", "SECOND_API_KEY"),
    ]
    assert [(entry.name, entry.physical_name, entry.aliases) for entry in document.models] == [
        ("openai/gpt-4o", "gpt-4o", ("gpt-4o",)),
        ("openai-2/gpt-4o", "gpt-4o", ("gpt-4o",)),
    ]
    assert [entry.traits.get("requests_per_minute") for entry in document.models] == [60, None]
    assert [entry.traits.get("tokens_per_minute") for entry in document.models] == [None, 5_000]


def test_a_server_of_ones_own_is_one_whatever_the_prefix_says() -> None:
    document = read(
        one("{model: openai/mistral-7b, api_base: 'http://vllm:8000/v1', api_key: none, max_tokens: 900}")
    )
    (provider,), (model,) = document.providers, document.models
    assert (provider.name, provider.vendor, provider.api_key_env) == ("vllm-8000", "other", "")
    assert (model.physical_name, model.max_output_tokens, model.price) == ("mistral-7b", 900, None)


def test_no_key_goes_to_an_address_that_is_not_the_vendors_unless_the_file_says_so() -> None:
    text = one("{model: gpt-4o, api_base: 'http://elsewhere.test/v1'}")
    assert provider_of(read(text), "openai").api_key_env == ""
    assert "none is sent" in notes(text)


def test_prices_of_a_token_are_prices_of_a_million() -> None:
    text = one(
        "{model: hosted_vllm/x, api_base: 'http://h/v1', input_cost_per_token: 1.5e-07, output_cost_per_token: 6e-07}"
    )
    (model,) = read(text).models
    assert model.price is not None
    assert (str(model.price.input), str(model.price.output)) == ("0.15", "0.6")


SETTINGS = dedent("""\
    model_list:
      - model_name: a
        litellm_params: {model: gpt-4o, timeout: 5, weight: 3}
      - model_name: b
        litellm_params: {model: gpt-4o-mini}
    router_settings:
      num_retries: 2
      timeout: 60s
      routing_strategy: least-busy
      fallbacks: [{a: [b]}]
      model_group_alias: {gpt-4: a, hidden: {model: b, hidden: true}, lost: nothing}
    litellm_settings: {drop_params: true, num_retries: 9, max_budget: 100, budget_duration: 1d}
    general_settings: {master_key: sk-1234567890}
    environment_variables: {OPENAI_API_KEY: sk-secret}
""")


def test_retries_and_timeouts_are_traits_of_each_model_and_its_own_win() -> None:
    document = read(SETTINGS)
    assert model_of(document, "gpt-4o").traits["total_s"] == 5
    assert model_of(document, "gpt-4o-mini").traits["total_s"] == 60
    assert {entry.traits["retries"] for entry in document.models} == {2}


def test_aliases_of_groups_are_aliases() -> None:
    document = read(SETTINGS)
    assert model_of(document, "gpt-4o").aliases == ("a", "gpt-4")
    assert model_of(document, "gpt-4o-mini").aliases == ("b", "hidden")
    assert (
        "line 11: router_settings.model_group_alias.lost: not taken over: nothing is called 'nothing'."
        in notes(SETTINGS)
    )


def test_a_budget_of_the_proxy_is_one_of_the_gateway() -> None:
    (budget,) = read(SETTINGS).budgets
    assert (budget.window, budget.amount, budget.hard) == (Window.DAY, 100 * 10**9, True)


@pytest.mark.parametrize(
    "sentence",
    [
        "line 3: model_list[1].litellm_params.weight: not taken over: docs/routing.md",
        "line 9: router_settings.routing_strategy: not taken over: models of the same class",
        "line 10: router_settings.fallbacks: not taken over: give models",
        "line 12: litellm_settings.drop_params: not taken over: a field that a vendor does not take",
        "line 13: general_settings.master_key: not taken over: no key opens everything here: callers come with ATI",
        "line 14: environment_variables: not taken over: set these variables",
    ],
)
def test_what_has_another_place_here_is_told(sentence: str) -> None:
    assert sentence in notes(SETTINGS)


def test_a_wildcard_of_a_vendor_brings_its_shipped_models() -> None:
    document = read(one("{model: groq/*}", name='"*"'))
    assert "groq/gpt-oss-20b" in {entry.name for entry in document.models}


def test_an_unknown_window_and_a_name_with_spaces_are_refused() -> None:
    text = (
        one("{model: gpt-4o}", name="my model") + "litellm_settings: {max_budget: 1, budget_duration: 3d}\n"
    )
    found = problems(text)
    assert "no spaces" in found[0]
    assert "'3d' is no window here" in found[1]
