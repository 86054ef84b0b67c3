"""The proxy service's `config.yaml`: its two examples, word for word, and `max_tokens`."""

from tests.unit.gateway_project.foreign_configs.converting import (
    model_of,
    notes,
    problems,
    provider_of,
    read,
)
from tests.unit.gateway_project.foreign_configs.documents import NEW_PROVIDER, PROXY_SERVICE


def test_its_model_has_the_prices_of_the_file_by_the_million() -> None:
    model = model_of(read(PROXY_SERVICE), "gpt-4.1-mini")
    assert (model.provider, model.physical_name) == ("openai", "gpt-4-1106-preview")
    assert model.price is not None
    assert (model.price.input, model.price.output) == (10, 30)


def test_what_the_file_does_not_say_of_its_model_comes_from_the_shipped_catalog() -> None:
    model = model_of(read(PROXY_SERVICE), "gpt-4.1-mini")
    assert (model.context_tokens, model.max_output_tokens, model.model_class) == (128_000, 4_096, "ADVANCED")
    assert "line 10: models.gpt-4.1-mini: class ADVANCED; context 128,000, output 4,096" in notes(
        PROXY_SERVICE
    )


def test_its_keys_are_named_and_its_local_server_is_an_ollama() -> None:
    document = read(PROXY_SERVICE)
    assert provider_of(document, "openai").api_key_env == "OPENAI_API_KEY"
    local = provider_of(document, "local")
    assert (local.base_url, local.vendor, local.api_key_env) == ("http://localhost:11434", "ollama", "")


def test_a_model_of_a_local_server_costs_nothing_and_is_for_every_plan() -> None:
    text = (
        PROXY_SERVICE + '  dagi-local-8b: {provider: local, physical_name: "qwen2.5:8b", max_tokens: 1000}\n'
    )
    model = model_of(read(text), "dagi-local-8b")
    assert (model.physical_name, model.model_class, model.max_output_tokens) == (
        "qwen2.5:8b",
        "BASE_S",
        1_000,
    )
    assert model.price is not None
    assert (model.price.input, model.price.output) == (0, 0)


def test_a_new_provider_is_taken_as_openai_compatible_and_its_guesses_are_told() -> None:
    document = read(NEW_PROVIDER)
    model = model_of(document, "my-model")
    assert provider_of(document, "my_provider").base_url == "https://api.myprovider.com"
    assert (model.physical_name, model.model_class, model.price) == ("my-model-v1", "PRO_M", None)
    assert (model.context_tokens, model.max_output_tokens) == (32_768, 4_096)
    assert "a guess where the file says nothing" in notes(NEW_PROVIDER)


def test_a_model_that_nobody_can_price_is_not_free_and_the_notes_say_so() -> None:
    assert "nobody knows what my-model costs. It stays without a price, which is not free" in notes(
        NEW_PROVIDER
    )


def test_a_key_in_a_variable_that_is_never_read_is_told_under_which_name_to_set_it() -> None:
    assert provider_of(read(NEW_PROVIDER), "my_provider").api_key_env == "MY_PROVIDER_API_KEY"
    assert "line 4: providers.my_provider.api_key_env: MY_PROVIDER_KEY is never read" in notes(NEW_PROVIDER)
    assert "set MY_PROVIDER_API_KEY to this key" in notes(NEW_PROVIDER)


def test_a_model_of_nobody_and_half_a_price_are_refused() -> None:
    text = """\
providers:
  openai: {base_url: "https://api.openai.com/v1"}
models:
  a: {provider: opanai}
  b: {provider: openai, cost_per_1k_prompt: 0.01}
  c: {physical_name: x}
"""
    found = problems(text)
    assert [line.partition(":")[0] for line in found] == ["line 4", "line 5", "line 6"]
