from metering.catalog.check_providers import check_providers
from tests.factories import ModelFactory, ProviderFactory


def checks(**environment: str) -> dict[str, str | None]:
    return {check.provider: check.problem for check in check_providers(environment=environment)}


def test_a_vendor_needs_its_key_the_sandbox_and_one_s_own_server_do_not(db, tmp_path) -> None:
    ProviderFactory()
    ProviderFactory(name="local", kind="openai_compatible", base_url="http://localhost:8080/v1")
    ProviderFactory(name="claude", kind="anthropic", api_key_env="CLAUDE_KEY")
    ProviderFactory(name="nameless", kind="gemini")
    ProviderFactory(name="retired", kind="gemini", is_active=False)
    assert checks() == {
        "claude": "CLAUDE_KEY is not set",
        "local": None,
        "nameless": "no variable is named for its API key",
        "sandbox": None,
    }
    assert checks(CLAUDE_KEY="sk-1")["claude"] is None
    (tmp_path / "key").write_text("sk-1")
    assert checks(CLAUDE_KEY_FILE=str(tmp_path / "key"))["claude"] is None


def test_only_active_models_count(db) -> None:
    ModelFactory()
    ModelFactory(is_active=False)
    [check] = check_providers(environment={})
    assert check.models == 1
