"""Flag, environment, file, default: in this order, for the address and for the level of the log."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from gateway_project import env
from gateway_project.foreign_configs.server_settings import ServerSettings
from gateway_project.logs import DEFAULT_LEVEL, LEVELS
from launcher import demo, server
from launcher.errors import ConfigRefused, LauncherError
from launcher.listening import Address, address, parse_address, read_settings, set_log_level

FILE = ServerSettings(listen_addr=":8080", log_level="warning")
NOTHING = ServerSettings()


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LISTEN_ADDRESS", "LISTEN_ADDRESS_FILE", "LOG_LEVEL", "LOG_LEVEL_FILE"):
        monkeypatch.setenv(name, "")  # so that what the code sets is taken back


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        (":8080", "0.0.0.0", 8080),  # noqa: S104
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("gateway.internal:80", "gateway.internal", 80),
        ("[::1]:65535", "::1", 65_535),
    ],
)
def test_an_address_is_a_host_and_a_port_and_without_a_host_it_is_everywhere(
    written: str, host: str, port: int
) -> None:
    assert parse_address(written, "X") == Address(host=host, port=port)


@pytest.mark.parametrize(
    "written", ["8080", "localhost", ":0", ":65536", "::1:80", "a b:80", "http://h:80", ":80/"]
)
def test_anything_else_is_refused_by_the_name_of_the_variable(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LISTEN_ADDRESS", written)
    with pytest.raises(LauncherError, match="LISTEN_ADDRESS must be HOST:PORT"):
        address(None, None, NOTHING)


def test_without_anything_it_is_port_8000_of_this_machine() -> None:
    assert address(None, None, NOTHING) == Address(host="127.0.0.1", port=8000)


def test_the_file_counts_where_nothing_else_does_then_the_environment_then_each_flag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert address(None, None, FILE) == Address(host="0.0.0.0", port=8080)  # noqa: S104
    monkeypatch.setenv("LISTEN_ADDRESS", "10.0.0.1:9000")
    assert address(None, None, FILE) == Address(host="10.0.0.1", port=9000)
    assert address(None, 9001, FILE) == Address(host="10.0.0.1", port=9001)
    assert address("127.0.0.1", None, FILE) == Address(host="127.0.0.1", port=9000)


def test_the_level_goes_the_same_way_and_ends_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_log_level(None, NOTHING)
    assert env.choice("LOG_LEVEL", DEFAULT_LEVEL, LEVELS) == "info"
    set_log_level(None, FILE)
    assert os.environ["LOG_LEVEL"] == "warning"
    monkeypatch.setenv("LOG_LEVEL", "error")
    set_log_level(None, FILE)
    assert os.environ["LOG_LEVEL"] == "error"
    set_log_level("debug", FILE)
    assert os.environ["LOG_LEVEL"] == "debug"


def test_a_bad_level_is_named_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigRefused, match="log_level must be one of debug, info, warning, error"):
        set_log_level(None, ServerSettings(log_level="loud"))
    monkeypatch.setenv("LOG_LEVEL", "loud")
    with pytest.raises(ImproperlyConfigured, match="LOG_LEVEL must be one of debug, info, warning, error"):
        env.choice("LOG_LEVEL", DEFAULT_LEVEL, LEVELS)


def test_a_bad_address_of_the_file_and_a_file_that_is_not_there_end_with_2(tmp_path: Path) -> None:
    for refuse in (
        lambda: address(None, None, ServerSettings(listen_addr="8080")),
        lambda: read_settings(str(tmp_path / "none.yaml")),
    ):
        with pytest.raises(ConfigRefused) as refused:
            refuse()
        assert refused.value.status == 2


@pytest.mark.parametrize("port", ["0", "-1", "65536", "http"])
@pytest.mark.parametrize("program", [server, demo])
def test_a_port_that_nobody_can_listen_on_is_a_mistake_in_typing(
    program: Any, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main([f"--port={port}"])
    assert ended.value.code == 2
    assert f"must be a whole number from 1 to 65,535, not '{port}'" in capsys.readouterr().err


def test_a_server_without_a_worker_process_is_one_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        server.main(["--workers", "0"])
    assert "--workers: must be a whole number from 1" in capsys.readouterr().err
