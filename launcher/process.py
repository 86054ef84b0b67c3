"""Small facts about processes and ports that both embedded servers need."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

# Below the range the kernel hands out to outgoing connections, so that a server that restarts finds its port free.
PORT_RANGE = range(20_000, 32_000)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None) -> int:
    """The preferred port when it is free, else a random free one."""
    candidates: Iterable[int] = random.sample(PORT_RANGE, 200)
    for port in (preferred, *candidates):
        if port and is_free(port):
            return port
    raise OSError("no free port between 20000 and 32000")


def runs_with(pid: int, marker: str) -> bool:
    """Whether `pid` is alive and its command line has `marker`; a recycled pid has not, nor has a zombie."""
    try:
        command_line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return marker.encode() in command_line.split(b"\0")


def wait_until(condition: Callable[[], bool], timeout_s: float, *, every_s: float = 0.02) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True


def stop_child(child: "subprocess.Popen[bytes]", timeout_s: float) -> int:
    """Ask a child to end, insist after the timeout, and return its exit status."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    return wait_for_child(child, timeout_s)


def wait_for_child(child: "subprocess.Popen[bytes]", timeout_s: float) -> int:
    """The exit status of a child that was asked to end, and is made to after the timeout.

    The child leads a process group; what it leaves behind there, because it was killed, is killed too.
    """
    try:
        return child.wait(timeout_s)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)


def reason_in(log: Path, since: int = 0) -> str:
    """Why a server gave up, for an error message: the last fatal line after the offset, else the last one."""
    try:
        lines = log.read_bytes()[since:].decode(errors="replace").splitlines()
    except OSError:
        return ""
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return next((line.strip() for line in reversed(fatal or lines) if line.strip()), "no word in its log")
