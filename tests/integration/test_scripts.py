"""The scripts that serve, and what any of them says where it cannot run; as a stranger would find them."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from launcher.process import free_port, is_free, wait_until
from tests.integration.clone import (
    REPOSITORY,
    assert_one_line,
    children_of,
    is_ready,
    nothing_runs,
    run,
    start,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def test_servers_that_start_together_share_one_database_and_drain_on_sigterm(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    servers = [start(tmp_path / "state", "script/server", "--port", str(port)) for port in ports]
    try:
        for server, port in zip(servers, ports, strict=True):
            assert wait_until(lambda p=port, s=server: is_ready(p) or s.poll() is not None, 90, every_s=0.1)
            assert is_ready(port)
    finally:
        for server in servers:
            server.terminate()
        statuses = [server.wait(60) for server in servers]
    assert statuses == [0, 0]
    assert nothing_runs(tmp_path / "state")


def test_a_killed_gateway_leaves_no_worker_behind(tmp_path: Path) -> None:
    port = free_port()
    with start(tmp_path / "state", "script/server", "--port", str(port), "--workers", "2") as server:
        assert wait_until(lambda: is_ready(port) or server.poll() is not None, 90, every_s=0.1)
        (gateway,) = children_of(server.pid, running="granian")
        os.kill(gateway, signal.SIGKILL)
        assert server.wait(60) == 1
        assert server.stdout is not None
        assert server.stdout.read().endswith("error: The gateway ended by itself with status -9.\n")
    assert nothing_runs(tmp_path / "state")
    assert is_free(port)


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for script in ("script/demo", "script/server"):
            assert_one_line(run(tmp_path, script, "--port", str(port)), f"Port {port} on 127.0.0.1 .* taken")


def test_a_file_where_the_state_folder_should_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    port = str(free_port())
    assert_one_line(
        run(tmp_path / "state", "script/demo", "--once", "--port", port), "The state folder .* cannot be"
    )


def test_a_foreign_folder_in_place_of_the_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "thesis.txt").write_text("years of work")
    port = str(free_port())
    assert_one_line(run(tmp_path, "script/demo", "--once", "--port", port), "is not a PostgreSQL data folder")


def test_a_bad_setting_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "script/demo", "--once", "--port", str(free_port()), RESERVATION_LEASE_S="soon")
    assert_one_line(done, "RESERVATION_LEASE_S must be a whole number")


def test_a_bad_level_and_a_bad_address_are_told_before_anything_starts(tmp_path: Path) -> None:
    done = run(tmp_path / "state", "script/server", "--log-level", "loud")
    assert "argument --log-level: invalid choice: 'loud'" in done.stderr
    assert_one_line(
        run(tmp_path / "state", "script/server", LISTEN_ADDRESS="8080"), "LISTEN_ADDRESS must be HOST:PORT"
    )
    assert not (tmp_path / "state").exists()


def test_a_configuration_that_is_no_yaml_ends_the_start_with_2(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("llmproxy: [")
    done = run(tmp_path / "state", "script/server", "--config", str(tmp_path / "config.yaml"))
    assert_one_line(done, "config.yaml: line 1: not valid YAML")
    assert done.returncode == 2


def test_a_missing_python_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/bash", str(REPOSITORY / "script" / "demo")],
        env={"PATH": str(tmp_path)},
        timeout=30,
        capture_output=True,
        text=True,
        check=False,
    )
    assert_one_line(done, r"Python 3\.11 or newer with the venv module is needed")


@pytest.mark.parametrize("way", [("bash", "server"), ("./server",), ("../script/server",)])
def test_a_script_finds_its_clone_however_it_is_called(way: tuple[str, ...]) -> None:
    help_ = subprocess.run(
        [*way, "--help"],
        cwd=REPOSITORY / "script",
        capture_output=True,
        text=True,
        check=False,
    )
    assert help_.stdout.startswith("usage: script/server"), help_.stderr
