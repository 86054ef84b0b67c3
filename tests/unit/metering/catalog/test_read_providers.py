"""Providers of a catalog file: what they need, and that a key itself is refused."""

from pathlib import Path

import pytest

from tests.unit.metering.catalog.catalog_text import parse, problems


def test_a_key_is_a_reference_and_only_its_name_is_kept() -> None:
    [provider] = parse(
        'providers: {o: {base_url: "https://x.test", api_key: "${MY_API_KEY}"}}', MY_API_KEY="sk-secret"
    ).providers
    assert provider.api_key_env == "MY_API_KEY"
    assert "sk-secret" not in repr(provider)


def test_a_seeds_file_names_the_variable_itself() -> None:
    text = 'providers: {o: {base_url: "https://x.test", api_key_env: MY_API_KEY}}'
    assert parse(text).providers[0].api_key_env == "MY_API_KEY"
    assert parse(text).providers[0].kind == "openai_compatible"


def test_the_variable_is_named_once_and_could_be_a_variable() -> None:
    fields = 'base_url: "https://x.test", api_key_env'
    assert "not both" in problems(f'providers: {{o: {{{fields}: A_API_KEY, api_key: "${{A_API_KEY}}"}}}}')[0]
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
    text = 'providers: {o: {base_url: "${X_BASE_URL:-http://localhost:11434}/v1/"}}'
    assert parse(text).providers[0].base_url == "http://localhost:11434/v1"
    assert parse(text, X_BASE_URL="https://vllm.test").providers[0].base_url == "https://vllm.test/v1"


def test_an_unset_variable_in_a_base_url_is_one_problem() -> None:
    assert problems('providers:\n  o:\n    base_url: "${X_BASE_URL}/v1"') == [
        "line 3: providers.o.base_url: the environment variable X_BASE_URL is not set"
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@x.test",
        "ftp://hunter2.test",
        "hunter2",
        "http://[hunter2",
        "https://x.test:hunter2",
        "https://x.test?key=hunter2",
        "https://x..hunter2",
        "https://x.test/hunter2\\u0007",
        "https://x.test/hunter2" + "2" * 480,
    ],
)
def test_an_odd_address_is_refused_and_not_repeated(url: str) -> None:
    [problem] = problems(f'providers: {{o: {{base_url: "{url}"}}}}')
    assert "hunter2" not in problem


def test_what_a_reference_expands_to_is_checked_too() -> None:
    text = 'providers:\n  o:\n    base_url: "${X_BASE_URL}/v1"'
    for url in ("hunter2", "https://x.test/hunter2\n", "https://x.test/" + "hunter2" * 80):
        [problem] = problems(text, X_BASE_URL=url)
        assert problem.startswith("line 3: providers.o.base_url: must ")
        assert "hunter2" not in problem


def test_a_reference_that_expands_to_nothing_is_no_address() -> None:
    assert problems('providers: {o: {base_url: "${X_BASE_URL:-}"}}') == [
        "line 1: providers.o: needs 'base_url'"
    ]


@pytest.mark.parametrize("given", ['api_key: "${MY_API_KEY}"', "api_key_env: MY_API_KEY"])
def test_a_key_that_cannot_be_sent_is_a_problem_of_the_provider_and_not_shown(given: str) -> None:
    text = f'providers:\n  o:\n    base_url: "https://x.test"\n    {given}'
    for key in ("sk-hunter2\nx", "sk-hunter2…", "hunter2" * 2_000):
        [problem] = problems(text, MY_API_KEY=key)
        assert problem.startswith(f"line 4: providers.o.{given.partition(':')[0]}: MY_API_KEY holds ")
        assert "hunter2" not in problem


def test_the_file_of_a_key_is_checked_too(tmp_path: Path) -> None:
    text = 'providers: {o: {base_url: "https://x.test", api_key: "${MY_API_KEY}"}}'
    (tmp_path / "key").write_text("sk-hunter2\tx\n")
    [problem] = problems(text, MY_API_KEY_FILE=str(tmp_path / "key"))
    assert "MY_API_KEY_FILE holds control characters or several lines" in problem
    (tmp_path / "key").write_text("sk-hunter2\n")
    assert parse(text, MY_API_KEY_FILE=str(tmp_path / "key")).providers[0].api_key_env == "MY_API_KEY"


def test_a_provider_whose_key_cannot_be_sent_can_be_switched_off() -> None:
    text = 'providers: {o: {base_url: "https://x.test", api_key: "${MY_API_KEY}", active: false}}'
    assert not parse(text, MY_API_KEY="sk\nx").providers[0].is_active


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "OPENAI_API_KEY", "HOME"]
)
@pytest.mark.parametrize("default", ["", ":-https://x.test"])
def test_nothing_but_a_base_url_is_taken_from_the_environment_into_one(name: str, default: str) -> None:
    text = f'providers: {{o: {{base_url: "https://x.test/${{{name}{default}}}"}}}}'
    [problem] = problems(text, **{name: "hunter2"})
    assert problem == (
        f"line 1: providers.o.base_url: only a variable that ends in _BASE_URL may stand here, not {name}"
    )


@pytest.mark.parametrize("name", ["DATABASE_URL", "SECRET_KEY", "OPENALEX_API_KEY", "OPENAI_API_KEY_FILE"])
@pytest.mark.parametrize("given", ['api_key: "${NAME}"', "api_key_env: NAME"])
def test_nothing_but_a_vendors_key_is_taken_for_one(given: str, name: str) -> None:
    text = f'providers: {{o: {{base_url: "https://x.test", {given.replace("NAME", name)}}}}}'
    [problem] = problems(text, **{name: "hunter2"})
    assert "must name a variable that ends in _API_KEY" in problem
    assert "hunter2" not in problem
    off = text.replace("}}", ", active: false}}")
    assert parse(off).providers[0].api_key_env == name, "switching one off stays possible"
