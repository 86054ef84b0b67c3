"""What the catalog's rows become for those who call vendors."""

import logging
from pathlib import Path
from typing import Any

import pytest

from gateway_project.dotenv import FROM_FILE
from gateway_project.vendor_configs import load_configs
from metering.models import Provider
from tests.factories import ProviderFactory

pytestmark = pytest.mark.django_db
CANARY = "hunter2"


def own(**values: object) -> Provider:
    return ProviderFactory(
        **{"name": "own", "kind": "openai_compatible", "base_url": "http://x.test/v1", **values}
    )


def test_a_configuration_has_the_rows_vendor_and_traits() -> None:
    own(vendor="vllm", traits={"stream_options": False, "limit_names": ["max_tokens"]})
    config = load_configs()["own"]
    assert (config.vendor, config.traits) == ("vllm", '{"limit_names":["max_tokens"],"stream_options":false}')
    own_again = load_configs()["own"]
    assert {config} == {own_again}


def test_other_traits_are_another_configuration() -> None:
    own(traits={})
    before = load_configs()["own"]
    assert (before.vendor, before.traits) == ("", "{}")
    Provider.objects.update(traits={"reasoning": True})
    assert load_configs()["own"] != before


def test_a_key_comes_from_its_variable_or_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own(api_key_env="OWN_API_KEY")
    (tmp_path / "key").write_text(f"{CANARY}\n")
    monkeypatch.setenv("OWN_API_KEY_FILE", str(tmp_path / "key"))
    assert load_configs()["own"].api_keys == (CANARY,)
    monkeypatch.setenv("OWN_API_KEY", f" {CANARY}-2 ")
    assert load_configs()["own"].api_keys == (f"{CANARY}-2",)


def test_a_key_is_what_the_env_file_says_now(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    own(api_key_env="OWN_API_KEY")
    settings.BASE_DIR = tmp_path
    for name in ("OWN_API_KEY", FROM_FILE):
        monkeypatch.setenv(name, "")  # so that it is taken away again
        monkeypatch.delenv(name)
    assert "own" not in load_configs()
    for key in (CANARY, f"{CANARY}-2,{CANARY}-3"):
        (tmp_path / ".env").write_text(f"OWN_API_KEY={key}\n")
        assert load_configs()["own"].api_keys == tuple(key.split(","))
    (tmp_path / ".env").write_text(f"{CANARY}\n")  # somebody is still writing it
    assert len(load_configs()["own"].api_keys) == 2
    assert "dotenv.unreadable" in caplog.messages
    assert CANARY not in caplog.text
    (tmp_path / ".env").write_text("")
    assert "own" not in load_configs()


@pytest.mark.parametrize(
    ("values", "environment"),
    [
        ({"api_key_env": "OWN_API_KEY"}, {}),
        ({"api_key_env": "OWN_API_KEY"}, {"OWN_API_KEY": "  "}),
        ({"api_key_env": "OWN_API_KEY"}, {"OWN_API_KEY": f"{CANARY}\nx"}),
        ({"api_key_env": "OWN_API_KEY"}, {"OWN_API_KEY": f"{CANARY}…"}),
        ({"api_key_env": "OWN_API_KEY"}, {"OWN_API_KEY_FILE": "/nowhere"}),
        ({"api_key_env": "DATABASE_URL"}, {}),
        ({"api_key_env": "SECRET_KEY"}, {"SECRET_KEY": CANARY}),
        ({"api_key_env": "CLOUD_TOKEN"}, {"CLOUD_TOKEN_FILE": "/etc/hostname"}),
        ({"base_url": f"https://me:{CANARY}@x.test"}, {}),
        ({"base_url": f"https://x.test:{CANARY}"}, {}),
    ],
)
def test_a_row_that_cannot_be_used_takes_no_other_with_it_and_its_secret_is_not_logged(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    values: dict[str, str],
    environment: dict[str, str],
) -> None:
    ProviderFactory()
    own(**values)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with caplog.at_level(logging.ERROR):
        assert list(load_configs()) == ["sandbox"]
    [record] = caplog.records
    assert (record.getMessage(), record.__dict__["provider"]) == ("provider.unusable", "own")
    assert CANARY not in str(record.__dict__)


def test_what_is_wrong_with_a_provider_is_logged_once_until_that_changes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own(api_key_env="OWN_API_KEY")
    for key in ("", "", "usable", "", "x\ny"):
        monkeypatch.setenv("OWN_API_KEY", key)
        load_configs()
    unset, again, lines = (record.__dict__["problem"] for record in caplog.records)
    assert unset == again == "OWN_API_KEY is not set."
    assert lines != unset
