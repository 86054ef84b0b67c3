"""One stack per state folder: the first user starts it, the last one stops it, however users end."""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from launcher.errors import LauncherError
from launcher.process import wait_until
from launcher.servers import Servers
from launcher.stack import running_stack

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).resolve().parents[3]
USER = """
import sys
from pathlib import Path
from launcher.stack import running_stack
with running_stack(Path(sys.argv[1])):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "state"


@contextlib.contextmanager
def another_user(state: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that uses the stack until its standard input is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(state)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process


def is_up(state: Path) -> list[bool]:
    servers = Servers(state)
    assert servers.postgres is not None
    assert servers.redis is not None
    return [servers.postgres.is_running(), servers.redis.is_running()]


def processes_naming(state: Path) -> Iterator[Path]:
    """Living processes, the keeper among them, whose command line names something in the state folder."""
    for command_line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(state).encode() in command_line.read_bytes():
                yield command_line.parent


def test_both_servers_answer_and_are_gone_afterwards(state: Path) -> None:
    with running_stack(state) as stack:
        with psycopg.connect(stack.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert redis.Redis.from_url(stack.redis_url).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url("redis://" + stack.redis_url.split("@")[1]).ping()
        services = json.loads((state / "services.json").read_text())
        assert services == {"database_url": stack.database_url, "redis_url": stack.redis_url}
        assert stat.S_IMODE((state / "services.json").stat().st_mode) == 0o600
    assert is_up(state) == [False, False]


def test_what_was_written_is_there_again_at_the_same_address(state: Path) -> None:
    with running_stack(state) as first:
        redis.Redis.from_url(first.redis_url).set("kept", "yes")
    with running_stack(state) as second:
        assert second.database_url == first.database_url
        assert redis.Redis.from_url(second.redis_url).get("kept") == b"yes"


def test_the_first_to_leave_does_not_stop_the_others(state: Path) -> None:
    with another_user(state) as user:
        with running_stack(state):
            pass
        assert is_up(state) == [True, True]
        user.communicate()
    assert is_up(state) == [False, False]


def test_many_users_that_start_together_share_one_stack(state: Path) -> None:
    with contextlib.ExitStack() as users:
        processes = [
            users.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", USER, str(state)], cwd=REPOSITORY, stdin=subprocess.PIPE
                )
            )
            for _ in range(4)
        ]
        assert wait_until(lambda: is_up(state) == [True, True], 30)
        for process in processes:
            process.communicate()
    assert [process.returncode for process in processes] == [0] * 4
    assert is_up(state) == [False, False]


def test_a_killed_last_user_leaves_nothing_running(state: Path) -> None:
    with another_user(state) as user:
        user.send_signal(signal.SIGKILL)
    assert wait_until(lambda: is_up(state) == [False, False], 10)


@pytest.mark.parametrize("after_s", [0.3, 0.6, 0.9])
def test_a_user_killed_while_it_starts_the_servers_leaves_nothing_running(
    state: Path, after_s: float
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(state)], cwd=REPOSITORY, stdin=subprocess.PIPE
    ) as user:
        time.sleep(after_s)
        user.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not any(processes_naming(state)), 15, every_s=0.1)
    with running_stack(state) as stack, psycopg.connect(stack.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_killed_database_is_started_again(state: Path) -> None:
    with another_user(state) as user:
        postgres = Servers(state).postgres
        assert postgres is not None
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        assert wait_until(lambda: not postgres.is_running(), 5)
        with running_stack(state) as stack, psycopg.connect(stack.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        user.communicate()
    assert is_up(state) == [False, False]


def test_a_configured_server_replaces_the_embedded_one(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@db.example/d")
    with running_stack(state) as stack:
        assert stack.database_url == "postgresql://u@db.example/d"
        assert is_up(state) == [False, True]
        assert "database_url" not in json.loads((state / "services.json").read_text())


def test_a_file_where_the_folder_should_be_is_one_sentence(state: Path) -> None:
    state.write_text("not a folder")
    with pytest.raises(LauncherError, match=r"The state folder .* cannot be used"), running_stack(state):
        pass


def test_a_second_run_is_quick(state: Path) -> None:
    with running_stack(state):
        pass
    began = time.monotonic()
    with running_stack(state):
        pass
    assert time.monotonic() - began < 15
