"""The processes a launcher starts: the gateway server, the Celery worker and beat. They end with their parent."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from gateway_project import env
from gateway_project.logs import DEFAULT_LEVEL, LEVELS
from gateway_project.telemetry.exchange import gather_earlier
from gateway_project.telemetry.metrics import EVERYTHING
from launcher.configuration import REPOSITORY
from launcher.powers import as_root_without_powers
from launcher.stack import Stack

DIE_WITH_PARENT = Path(__file__).with_name("die_with_parent.py")
GRANIAN_LOG = Path(__file__).with_name("granian_log.json")
# A stream may go on after SIGTERM for this long before its worker is killed.
DRAIN_TIMEOUT_S = 30
# A caller who sends headers more slowly, or more of them, is cut off before the application hears of it.
HEADER_TIMEOUT_MS = 10_000
BUFFER_BYTES = 64 * 1024
# Requests one worker takes in at once. The application sheds load with a proper answer well before.
MAX_CONNECTIONS = 4096
# glibc's malloc gives a large block back to the system once it is freed, for as long as its threshold is set: left to
# itself it raises the threshold with every large body that it frees, and keeps what it got.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2"}


def spawn(
    arguments: list[str],
    stack: Stack,
    *,
    folder: Path = REPOSITORY,
    output: IO[bytes] | None = None,
    more: dict[str, str] | None = None,
    port: int = 0,
    keep_powers: bool = False,
) -> "subprocess.Popen[bytes]":
    """Start `python ARGUMENTS` on this stack, in a session of its own: Ctrl-C is the launcher's to handle.

    `port` is one that it is to listen on. Started by root, it loses root's powers unless it is to keep them.
    """
    command = [sys.executable, "-I", "-S", str(DIE_WITH_PARENT), str(os.getpid()), sys.executable, *arguments]
    folders = (REPOSITORY, stack.state_dir, folder)
    return subprocess.Popen(
        command if keep_powers else as_root_without_powers(command, folders=folders, port=port),
        cwd=folder,
        env=os.environ | stack.environment() | {"PYTHONPATH": str(REPOSITORY)} | (more or {}),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=[stack.in_use_fd],
        start_new_session=True,
    )


def start_gateway(
    stack: Stack, *, host: str, port: int, workers: int, output: IO[bytes] | None = None
) -> "subprocess.Popen[bytes]":
    options = {
        "--interface": "asgi",
        "--log-config": GRANIAN_LOG,
        "--log-level": _granian_level(),
        "--host": host,
        "--port": port,
        "--workers": workers,
        "--http": "1",
        "--loop": "uvloop",
        "--backlog": MAX_CONNECTIONS,
        "--backpressure": MAX_CONNECTIONS,
        "--workers-kill-timeout": DRAIN_TIMEOUT_S,
        "--http1-header-read-timeout": HEADER_TIMEOUT_MS,
        "--http1-buffer-size": BUFFER_BYTES,
    }
    flags = [str(part) for option in options.items() for part in option]
    if workers > 1:
        flags.append("--respawn-failed-workers")  # one that died must not take the others with it
    return spawn(
        ["-m", "granian", *flags, "--no-ws", "launcher.served:application"],
        stack,
        output=output,
        more=MALLOC | {"GATEWAY_METRICS_DIR": str(_metrics_dir(stack, port))},
        port=port,
    )


def _granian_level() -> str:
    """The level of LOG_LEVEL, but never debug, below which granian writes what callers send."""
    level = env.choice("LOG_LEVEL", DEFAULT_LEVEL, LEVELS)
    return DEFAULT_LEVEL if level == "debug" else level


def metrics_dir(stack: Stack, port: int) -> Path:
    """Where the processes of the server at this port exchange what they count."""
    return stack.state_dir / "metrics" / str(port)


def _metrics_dir(stack: Stack, port: int) -> Path:
    """The same at its start: what processes have counted that are gone is one file, and counts on."""
    folder = metrics_dir(stack, port)
    gather_earlier(EVERYTHING, folder)
    return folder


WORKER_THREADS = 16
"""Jobs at once, and what the timetable starts beside them."""


def start_worker(
    stack: Stack, *, name: str, output: IO[bytes] | None = None, more: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """A Celery worker. `name` tells it from those of other servers on the same stack; `more` are variables for it.

    It works in threads, because jobs wait for vendors most of the time, and share one gateway.
    """
    options = ["--hostname", f"{name}@%h", "--pool", "threads", "--concurrency", str(WORKER_THREADS)]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return _start_celery(["worker", *options, *quiet], stack, output, more)


def start_beat(stack: Stack, *, name: str, output: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
    """Celery's timetable (`gateway_project/celery.py`). Of several on one stack each does everything; no harm."""
    schedule = stack.state_dir / "beat" / name
    schedule.parent.mkdir(mode=0o700, exist_ok=True)
    return _start_celery(["beat", "--schedule", str(schedule), "--pidfile", ""], stack, output)


def _start_celery(
    arguments: list[str], stack: Stack, output: IO[bytes] | None, more: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    command = ["-m", "celery", "--quiet", "-A", "gateway_project", *arguments]
    return spawn(command, stack, output=output, more=more)
