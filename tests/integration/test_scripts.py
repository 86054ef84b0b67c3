"""The two commands of the README, run as a stranger would: in an empty environment and a state folder of their own."""

import json
import os
import re
import signal
import stat
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway_project.local.process import free_port, is_free, wait_until
from gateway_project.local.servers import Servers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

REPOSITORY = Path(__file__).resolve().parents[2]


def run(state: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script or a command of .venv to its end; the environment holds nothing but the state folder."""
    return subprocess.run(
        [str(REPOSITORY / command[0]), *command[1:]],
        cwd="/",
        env={"GATEWAY_STATE_DIR": str(state), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def start(state: Path, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [str(REPOSITORY / command[0]), *command[1:]],
        cwd="/",
        env={"GATEWAY_STATE_DIR": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def manage(state: Path, *arguments: str) -> Any:
    """What `manage.py ... --json` printed; anything but JSON on standard output fails the test."""
    done = run(state, ".venv/bin/python", str(REPOSITORY / "manage.py"), *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def nothing_runs(state: Path) -> bool:
    servers = Servers(state)
    assert servers.postgres is not None
    assert servers.redis is not None
    marker = f"GATEWAY_STATE_DIR={state}".encode()
    return not (servers.postgres.is_running() or servers.redis.is_running() or any(carrying(marker)))


def carrying(marker: bytes) -> Iterator[int]:
    """Living processes whose environment holds the marker."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if marker in environment:
                yield int(entry.name)


def children_of(parent: int, *, running: str) -> list[int]:
    children = [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    return [pid for pid in children if running.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]


def assert_one_line(done: subprocess.CompletedProcess[str], pattern: str) -> None:
    assert done.returncode != 0
    assert re.fullmatch(f"error: .*{pattern}.*\n", done.stderr), done.stderr


@pytest.fixture(scope="module")
def demo_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "state of the demo"


@pytest.fixture(scope="module")
def first_run(demo_state: Path) -> subprocess.CompletedProcess[str]:
    return run(demo_state, "script/demo", "--once", "--port", str(free_port()))


def test_the_demo_makes_a_metered_call_and_says_what_it_cost(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert first_run.returncode == 0, first_run.stderr
    for line in (
        r"Answer +\S",
        r"Usage +[1-9]\d* input tokens, [1-9]\d* output",
        r"Cost +\$0\.\d*[1-9]",
        "curl http",
    ):
        assert re.search(line, first_run.stdout), first_run.stdout
    assert re.search(r"cost per day: \d+\.\d+ of 5", first_run.stdout)
    attempts = manage(demo_state, "usage_report", "--by", "attempt")
    assert len(attempts) == 1
    assert attempts[0]["cost_nano_usd"] > 0


def test_the_demo_leaves_nothing_running(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert nothing_runs(demo_state)


def test_the_demo_keeps_its_access_for_its_owner_alone(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    access = demo_state / "demo.json"
    assert stat.S_IMODE(access.stat().st_mode) == 0o600
    assert set(json.loads(access.read_text())) == {
        *("base_url", "ati_token", "tenant"),
        *("admin_user", "admin_password"),
    }


def test_commands_print_json_alone_after_the_demo_has_ended(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert manage(demo_state, "verify_ledger") == {"ok": True, "violations": []}
    assert nothing_runs(demo_state)


def test_a_second_run_is_quick_and_keeps_token_and_data(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    before = json.loads((demo_state / "demo.json").read_text())
    calls = len(manage(demo_state, "usage_report", "--by", "attempt"))
    began = time.monotonic()
    done = run(demo_state, "script/demo", "--once", "--port", str(free_port()))
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 30  # seconds on an idle machine; the rest is for a busy one
    after = json.loads((demo_state / "demo.json").read_text())
    assert {**before, "base_url": ""} == {**after, "base_url": ""}
    assert len(manage(demo_state, "usage_report", "--by", "attempt")) == calls + 1


def test_a_token_that_no_longer_works_is_replaced(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    path = demo_state / "demo.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"ati_token": "ati_gone"}))
    done = run(demo_state, "script/demo", "--once", "--port", str(free_port()))
    assert done.returncode == 0, done.stderr
    assert json.loads(path.read_text())["ati_token"] != "ati_gone"


def test_a_served_demo_ends_on_sigterm_and_commands_work_beside_it(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    port = free_port()
    with start(demo_state, "script/demo", "--port", str(port)) as demo:
        assert demo.stdout is not None
        assert any("Ctrl-C stops everything" in line for line in demo.stdout)
        assert manage(demo_state, "verify_ledger")["ok"]
        assert is_ready(port)
        demo.terminate()
        assert demo.wait(60) == 0
    assert nothing_runs(demo_state)


def test_a_killed_demo_leaves_nothing_running(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    port = free_port()
    with start(demo_state, "script/demo", "--port", str(port)) as demo:
        assert demo.stdout is not None
        assert any("Ctrl-C stops everything" in line for line in demo.stdout)
        demo.send_signal(signal.SIGKILL)
    assert wait_until(lambda: nothing_runs(demo_state), 45, every_s=0.2)
    assert is_free(port)


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
    import socket

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
