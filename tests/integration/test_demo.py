"""The demo of the README, run as a stranger would."""

import json
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from launcher.process import free_port, is_free, wait_until
from tests.integration.clone import is_ready, manage, nothing_runs, run, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def demo_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "state of the demo"


@pytest.fixture(scope="module")
def first_run(demo_state: Path) -> subprocess.CompletedProcess[str]:
    return run(demo_state, "script/demo", "--once", "--port", str(free_port()))


@contextmanager
def served_demo(state: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    """Once it says that it serves; waited for in the end."""
    with start(state, "script/demo", "--port", str(port)) as demo:
        assert demo.stdout is not None
        assert any("Ctrl-C stops everything" in line for line in demo.stdout)
        yield demo


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


def test_a_second_run_keeps_token_and_data(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    before = json.loads((demo_state / "demo.json").read_text())
    calls = len(manage(demo_state, "usage_report", "--by", "attempt"))
    done = run(demo_state, "script/demo", "--once", "--port", str(free_port()))
    assert done.returncode == 0, done.stderr
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
    with served_demo(demo_state, port) as demo:
        assert manage(demo_state, "verify_ledger")["ok"]
        assert is_ready(port)
        demo.terminate()
        assert demo.wait(60) == 0
    assert nothing_runs(demo_state)


def test_a_killed_demo_leaves_nothing_running(
    demo_state: Path, first_run: subprocess.CompletedProcess[str]
) -> None:
    port = free_port()
    with served_demo(demo_state, port) as demo:
        demo.send_signal(signal.SIGKILL)
    assert wait_until(lambda: nothing_runs(demo_state), 45, every_s=0.2)
    assert is_free(port)
