"""This clone's scripts, run as a stranger would: in an empty environment and a state folder of their own."""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from launcher.servers import Servers

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


def start(state: Path, *command: str, **variables: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [str(REPOSITORY / command[0]), *command[1:]],
        cwd="/",
        env={"GATEWAY_STATE_DIR": str(state), **variables},
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
