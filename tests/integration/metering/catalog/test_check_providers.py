from collections.abc import Collection

from metering.catalog.check_providers import check_providers
from tests.factories import ModelFactory, ProviderFactory


def silent(names: Collection[str]) -> dict[str, str | None]:
    """Nobody has anything to say."""
    return dict.fromkeys(names)


def checks(**environment: str) -> dict[str, str | None]:
    return {check.provider: check.problem for check in check_providers(environment=environment, probe=silent)}


def keyed(name: str) -> None:
    ProviderFactory(
        name=name,
        kind="openai_compatible",
        base_url="http://x.test",
        api_key_env=f"{name.upper()}_API_KEY",
    )


def test_a_vendor_needs_its_key_the_sandbox_and_one_s_own_server_do_not(db, tmp_path) -> None:
    ProviderFactory()
    ProviderFactory(name="local", kind="openai_compatible", base_url="http://localhost:8080/v1")
    keyed("claude")
    ProviderFactory(name="retired", kind="gemini", is_active=False)
    assert checks() == {
        "claude": "CLAUDE_API_KEY is not set",
        "local": None,
        "sandbox": None,
    }
    assert checks(CLAUDE_API_KEY="sk-1")["claude"] is None
    (tmp_path / "key").write_text("sk-1")
    assert checks(CLAUDE_API_KEY_FILE=str(tmp_path / "key"))["claude"] is None


def test_an_address_that_cannot_be_used_is_a_problem_and_not_repeated(db) -> None:
    for number, url in enumerate(("https://me:hunter2@x.test", "http://x.test:hunter2", "hunter2 hunter2")):
        ProviderFactory(name=f"odd-{number}", kind="openai_compatible", base_url=url)
    found = checks()
    assert len(found) == 3
    for problem in found.values():
        assert problem is not None
        assert problem.startswith("its base URL must ")
        assert "hunter2" not in problem


def test_a_key_that_cannot_be_sent_is_a_problem_and_not_repeated(db, tmp_path) -> None:
    keyed("claude")
    assert checks(CLAUDE_API_KEY="sk-hunter2\nx") == {
        "claude": "CLAUDE_API_KEY holds control characters or several lines, which no HTTP header can carry"
    }
    (tmp_path / "key").write_text(" \n")
    assert checks(CLAUDE_API_KEY_FILE=str(tmp_path / "key")) == {"claude": "CLAUDE_API_KEY is not set"}
    missing = {"CLAUDE_API_KEY_FILE": str(tmp_path / "missing")}
    assert checks(**missing) == {"claude": "CLAUDE_API_KEY_FILE names no readable text file"}


def test_what_is_configured_wrongly_is_not_asked(db) -> None:
    ProviderFactory(name="odd", kind="openai_compatible", base_url="http://x.test:no")
    keyed("keyed")
    asked: list[str] = []

    def probe(names: Collection[str]) -> dict[str, str | None]:
        asked.extend(names)
        return {}

    check_providers(environment={"KEYED_API_KEY": "a\nb"}, probe=probe)
    assert asked == []


def test_only_active_models_count(db) -> None:
    ModelFactory()
    ModelFactory(is_active=False)
    [check] = check_providers(environment={}, probe=silent)
    assert check.models == 1


def test_only_what_is_configured_is_asked_and_what_it_says_is_the_problem(db) -> None:
    ProviderFactory()
    keyed("claude")
    ProviderFactory(name="local", kind="openai_compatible", base_url="http://localhost:8080/v1")
    asked: list[str] = []

    def probe(names: Collection[str]) -> dict[str, str | None]:
        asked.extend(names)
        return {"sandbox": None, "local": "it cannot be reached"}

    found = check_providers(environment={}, probe=probe)
    assert asked == ["local", "sandbox"]
    assert [(check.provider, check.asked, check.problem) for check in found] == [
        ("claude", False, "CLAUDE_API_KEY is not set"),
        ("local", True, "it cannot be reached"),
        ("sandbox", True, None),
    ]
