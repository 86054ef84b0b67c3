"""Providers of a catalog file: what they need, and that a key itself is refused."""

import pytest

from tests.unit.metering.catalog.catalog_text import parse, problems


def test_a_key_is_a_reference_and_only_its_name_is_kept() -> None:
    [provider] = parse(
        'providers: {o: {base_url: "https://x.test", api_key: "${MY_KEY}"}}', MY_KEY="sk-secret"
    ).providers
    assert provider.api_key_env == "MY_KEY"
    assert "sk-secret" not in repr(provider)


def test_a_seeds_file_names_the_variable_itself() -> None:
    text = 'providers: {o: {base_url: "https://x.test", api_key_env: MY_KEY}}'
    assert parse(text).providers[0].api_key_env == "MY_KEY"
    assert parse(text).providers[0].kind == "openai_compatible"


def test_the_variable_is_named_once_and_could_be_a_variable() -> None:
    fields = 'base_url: "https://x.test", api_key_env'
    assert "not both" in problems(f'providers: {{o: {{{fields}: A, api_key: "${{A}}"}}}}')[0]
    assert "name of an environment variable" in problems(f"providers: {{o: {{{fields}: sk-1}}}}")[0]


def test_a_provider_s_name_can_stand_in_an_address() -> None:
    assert "letters, digits" in problems("providers: {a b: {kind: sandbox}}")[0]


@pytest.mark.parametrize("key", ["sk-proj-123", "${KEY}x", "${KEY:-sk-proj-123}"])
def test_a_key_itself_is_refused_and_not_repeated(key: str) -> None:
    found = problems(f'providers: {{o: {{base_url: "https://x.test", api_key: "{key}"}}}}')
    assert found == [
        "line 1: providers.o.api_key: must be a reference such as ${OPENAI_API_KEY}, never the key itself"
    ]


def test_a_base_url_may_come_from_the_environment_with_a_default() -> None:
    text = 'providers: {o: {base_url: "${URL:-http://localhost:11434}/v1/"}}'
    assert parse(text).providers[0].base_url == "http://localhost:11434/v1"
    assert parse(text, URL="https://vllm.test").providers[0].base_url == "https://vllm.test/v1"


def test_an_unset_variable_in_a_base_url_is_one_problem() -> None:
    assert problems('providers:\n  o:\n    base_url: "${URL}/v1"') == [
        "line 3: providers.o.base_url: the environment variable URL is not set"
    ]


@pytest.mark.parametrize(
    "url", ["https://me:hunter2@x.test", "ftp://hunter2.test", "hunter2", "http://[hunter2"]
)
def test_an_odd_address_is_refused_and_not_repeated(url: str) -> None:
    [problem] = problems(f'providers: {{o: {{base_url: "{url}"}}}}')
    assert "hunter2" not in problem
