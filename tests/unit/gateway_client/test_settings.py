"""Which gateway is asked, with what; and that no file of a workspace sends a secret elsewhere."""

from pathlib import Path

import pytest

from gateway_client import (
    ConfigurationError,
    Credential,
    CredentialStore,
    ProviderFactory,
    Team,
    WorkspaceTeamDetector,
    load_settings,
)
from gateway_client.direct import own_key

ENVIRONMENT = {
    "LLM_BASE_URL": "https://env.example/v1/",
    "LLM_API_KEY": "ati_env",
    "LLM_MODEL_CHAT": "chat-default",
    "LLM_MODEL_PROMPT_GEN": "prompt-helper",
}
FILE = '[teams]\napi_url = "https://file.example/"\nteam_id = "red"\n[llm]\nmodel = "file-model"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Below one that belongs to a team."""
    (tmp_path / ".llm-gateway.toml").write_text(FILE)
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    return below


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    return CredentialStore(tmp_path / "home", keyring=None)


def test_the_environment_comes_before_the_workspace(folder: Path, store: CredentialStore) -> None:
    found = load_settings(environ=ENVIRONMENT, folder=folder, store=store)
    assert (found.base_url, found.api_key) == ("https://env.example", "ati_env")
    assert (found.model, found.model_prompt_gen, found.team) == ("chat-default", "prompt-helper", "red")
    assert "ati_env" not in repr(found)


def test_what_the_program_says_comes_first(folder: Path, store: CredentialStore) -> None:
    found = load_settings(
        base_url="https://code.example/v1", api_key="ati_code", model="m", team="blue",
        environ=ENVIRONMENT, folder=folder, store=store,
    )  # fmt: skip
    assert (found.base_url, found.api_key, found.model, found.team) == (
        "https://code.example",
        "ati_code",
        "m",
        "blue",
    )


def test_a_folder_belongs_to_the_team_of_the_nearest_file_above_it(folder: Path, tmp_path: Path) -> None:
    detector = WorkspaceTeamDetector()
    assert detector.detect_team(folder) == Team(team_id="red")
    (folder / ".llm-gateway.toml").write_text('[llm]\nprovider = "openai"\n')
    assert detector.detect_team(folder) is None


def test_a_workspace_gets_no_key_from_the_environment(folder: Path, store: CredentialStore) -> None:
    """It may be anybody's repository."""
    found = load_settings(environ={"LLM_API_KEY": "ati_env"}, folder=folder, store=store)
    assert (found.base_url, found.api_key, found.model) == ("https://file.example", None, "file-model")
    again = load_settings(base_url="https://code.example", environ=ENVIRONMENT, folder=folder, store=store)
    assert again.api_key is None


def test_without_both_it_is_where_somebody_signed_in_last(tmp_path: Path, store: CredentialStore) -> None:
    assert load_settings(environ={}, folder=tmp_path, store=store).base_url is None
    store.save(Credential(base_url="https://signed-in.example", access="ati_x"))
    found = load_settings(environ={}, folder=tmp_path, store=store)
    assert (found.base_url, found.team) == ("https://signed-in.example", None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[teams", "cannot be read"),
        ("[team]\n", "no section .team."),
        ("teams = 1\n", "has to be a section"),
        ('[teams]\nurl = "x"\n', "no field 'url'"),
        ('[teams]\nenabled = "yes"\n', "enabled in .teams. has to be true or false"),
        ("[teams]\nteam_id = 7\n", "team_id in .teams. has to be a text"),
        ("[llm]\nmax_tokens = true\n", "max_tokens in .llm. has to be a whole number"),
        ('[llm]\ntemperature = "warm"\n', "temperature in .llm. has to be a number"),
    ],
)
def test_a_file_that_says_what_nobody_reads_is_refused_by_name(
    tmp_path: Path, store: CredentialStore, content: str, said: str
) -> None:
    path = tmp_path / ".llm-gateway.toml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=said) as caught:
        load_settings(environ={}, folder=tmp_path, store=store)
    assert str(path) in caught.value.message


def test_an_own_key_goes_to_its_vendor_or_its_url_alone() -> None:
    environ = {**ENVIRONMENT, "OPENAI_API_KEY": "sk-openai"}
    assert own_key("openai", environ) == "sk-openai"
    assert own_key("deepseek", environ) is None
    assert own_key("https://env.example", environ) == "ati_env"
    assert own_key("https://evil.example/v1", environ) is None


@pytest.mark.parametrize(
    ("provider", "environ", "said"),
    [
        ("cohere", {}, "Unsupported provider: cohere"),
        ("ftp://files.example", {}, "Unsupported provider: ftp"),
        (
            "anthropic",
            {"OPENAI_API_KEY": "sk-another"},
            "anthropic needs your own key: set ANTHROPIC_API_KEY",
        ),
    ],
)
def test_direct_mode_says_what_is_missing(
    tmp_path: Path, store: CredentialStore, provider: str, environ: dict[str, str], said: str
) -> None:
    (tmp_path / ".llm-gateway.toml").write_text(f'[llm]\nprovider = "{provider}"\n')
    with pytest.raises(ConfigurationError, match=said):
        ProviderFactory.create(folder=tmp_path, environ=environ, store=store)


def test_neither_mode_is_said_so(tmp_path: Path, store: CredentialStore) -> None:
    with pytest.raises(ConfigurationError, match=r"belongs to no team\. For direct mode, name a provider"):
        ProviderFactory.create(folder=tmp_path, environ={}, store=store)


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("deepseek", "https://api.deepseek.com"),
        ("anthropic", "https://api.anthropic.com/v1"),
        ("openai", "https://api.openai.com/v1"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
    ],
)
def test_direct_mode_knows_the_vendors_and_any_compatible_url(
    tmp_path: Path, store: CredentialStore, provider: str, url: str
) -> None:
    (tmp_path / ".llm-gateway.toml").write_text(
        f'[teams]\nenabled = false\nteam_id = "red"\n[llm]\nprovider = "{provider}"\n'
    )
    with ProviderFactory.create(folder=tmp_path, environ={}, store=store, api_key="own") as direct:
        assert direct.connection.base_url == url
        assert direct.sentence.startswith(
            f"Using the direct LLM provider (Local mode): {provider}, with your own key."
        )
        assert "Teams mode is not enabled" in direct.sentence


def test_a_variable_may_be_a_file_as_containers_hand_over_secrets(
    tmp_path: Path, store: CredentialStore
) -> None:
    (tmp_path / "token").write_text("ati_of_the_file\n")
    environ = {"LLM_BASE_URL": "https://env.example", "LLM_API_KEY_FILE": str(tmp_path / "token")}
    assert load_settings(environ=environ, folder=tmp_path, store=store).api_key == "ati_of_the_file"
    assert own_key("openai", {"OPENAI_API_KEY_FILE": str(tmp_path / "token")}) == "ati_of_the_file"
    with pytest.raises(ConfigurationError, match="LLM_MODEL_CHAT_FILE must name a readable text file"):
        load_settings(environ=environ | {"LLM_MODEL_CHAT_FILE": "/nowhere"}, folder=tmp_path, store=store)
