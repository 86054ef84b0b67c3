"""The settings, read in a process of their own, as every program reads them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
SHOW = """
import json
from django.conf import settings
names = ("SECRET_KEY", "RESERVATION_LEASE_S", "SWEEP_INTERVAL_S", "DATABASE_URL", "LEDGER_DATABASE_URL",
         "REDIS_URL", "EMAIL_HOST", "EMAIL_PORT", "ALLOWED_HOSTS", "USE_TZ", "TIME_ZONE", "AUTH_USER_MODEL",
         "PUBLIC_URL", "CSRF_TRUSTED_ORIGINS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "PASSWORD_RESET_URL")
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def read_settings(state_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "gateway_project.settings",
        "GATEWAY_STATE_DIR": str(state_dir),
        **variables,
    }
    return subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_empty_environment_is_enough(tmp_path: Path) -> None:
    settings = json.loads(read_settings(tmp_path).stdout)
    assert settings["RESERVATION_LEASE_S"] == 60
    assert settings["SWEEP_INTERVAL_S"] == 10
    assert settings["USE_TZ"] is True
    assert settings["TIME_ZONE"] == "UTC"
    assert settings["AUTH_USER_MODEL"] == "metering.User"


def test_every_process_gets_the_same_generated_key(tmp_path: Path) -> None:
    first, second = (json.loads(read_settings(tmp_path).stdout)["SECRET_KEY"] for _ in range(2))
    assert first == second


def test_running_embedded_servers_are_found(tmp_path: Path) -> None:
    urls = {"database_url": "postgresql://u@127.0.0.1:1/d", "redis_url": "redis://127.0.0.1:2/0"}
    (tmp_path / "services.json").write_text(json.dumps(urls))
    settings = json.loads(read_settings(tmp_path, REDIS_URL="redis://elsewhere:3/0").stdout)
    assert settings["DATABASE_URL"] == settings["LEDGER_DATABASE_URL"] == urls["database_url"]
    assert settings["REDIS_URL"] == "redis://elsewhere:3/0"


def test_a_mail_server_is_one_url(tmp_path: Path) -> None:
    settings = json.loads(read_settings(tmp_path, EMAIL_URL="smtp://mail.example:2525").stdout)
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example", 2525)


def test_a_public_address_with_tls_is_one_setting(tmp_path: Path) -> None:
    settings = json.loads(read_settings(tmp_path, PUBLIC_URL="https://gw.example:8443").stdout)
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]", "gw.example"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://gw.example:8443"]
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
    assert settings["PASSWORD_RESET_URL"] == "https://gw.example:8443/admin/password/reset/"


def test_without_a_public_address_plain_http_works_as_it_comes(tmp_path: Path) -> None:
    settings = json.loads(read_settings(tmp_path).stdout)
    assert (settings["PUBLIC_URL"], settings["PASSWORD_RESET_URL"]) == ("", "")
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is False


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RESERVATION_LEASE_S", "soon", "RESERVATION_LEASE_S must be a whole number."),
        ("SWEEP_INTERVAL_S", "0", "SWEEP_INTERVAL_S must be between 1 and 3600."),
        (
            "DATABASE_URL",
            "sqlite:///x",
            "DATABASE_URL must be a URL starting with postgresql:// or postgres://.",
        ),
        ("SECRET_KEY", "short", "SECRET_KEY must be at least 32 characters long."),
        (
            "JWT_SIGNING_KEY",
            f"{'k' * 40},short",
            "JWT_SIGNING_KEY must be keys of at least 32 characters, separated by commas.",
        ),
        ("FIELD_ENCRYPTION_KEYS", "short", "FIELD_ENCRYPTION_KEYS must be Fernet keys separated by commas."),
        ("FIELD_ENCRYPTION_KEYS", ",", "FIELD_ENCRYPTION_KEYS must be Fernet keys separated by commas."),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    refused = read_settings(tmp_path, **{name: value})
    assert refused.returncode != 0
    assert refused.stderr.strip().splitlines()[-1].endswith(sentence)


@pytest.mark.parametrize(("command", "status"), [("verify_ledger", 2), ("budget_status", 1)])
def test_a_command_that_could_not_run_says_so_in_one_line_and_not_that_the_books_are_wrong(
    tmp_path: Path, command: str, status: int
) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "GATEWAY_STATE_DIR": str(tmp_path)}
        | {"DATABASE_URL": "postgresql://u@127.0.0.1:1/d", "REDIS_URL": "redis://127.0.0.1:1"}
        | {"SWEEP_INTERVAL_S": "often"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == status
    assert ended.stderr == "error: SWEEP_INTERVAL_S must be a whole number.\n"
