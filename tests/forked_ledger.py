"""Ledger processes of servers in this process, forked instead of started (see ledger_template)."""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from unittest.mock import patch

from launcher.configuration import REPOSITORY
from metering.ledger.apart import line
from tests.ledger_template import STANDARD_ERROR, serve_orders

LONGEST_ANSWER = 100
_one_at_a_time = threading.Lock()


class Forked:
    """What the server's side asks of a `subprocess.Popen`."""

    def __init__(self, pid: int, handle: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._handle = handle

    def wait(self) -> int:
        """Until it has ended; how, only its parent knows."""
        if self.returncode is None:
            waiting = select.poll()
            waiting.register(self._handle, select.POLLIN)
            waiting.poll()
            self.returncode = 0
            os.close(self._handle)
        return self.returncode

    def kill(self) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)


@contextmanager
def forked_ledgers(template: socket.socket | None = None) -> Iterator[None]:
    """While this lasts, servers of this process have forked ones."""
    with patch.object(line, "_begin", partial(_begin, template)):
        yield


def forked_template() -> socket.socket:
    """Orders to a template that is this process as it is now; it must have no threads yet."""
    ours, its = _pair()
    if not os.fork():
        ours.close()
        try:
            serve_orders(its)
        finally:
            os._exit(0)
    its.close()
    return ours


def _begin(
    chosen: socket.socket | None, program: Sequence[str], environment: Mapping[str, str], end: socket.socket
) -> Forked:
    with _one_at_a_time:
        template = chosen or _template()
        socket.send_fds(template, [json.dumps(dict(environment)).encode()], [end.fileno(), STANDARD_ERROR])
        answer, [handle], _, _ = socket.recv_fds(template, LONGEST_ANSWER, 1)
    return Forked(int(answer), handle)


@cache
def _template() -> socket.socket:
    """Orders to it; it ends with them."""
    ours, its = _pair()
    with its:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.ledger_template"],
            cwd=REPOSITORY,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stdin=its.fileno(),
            stdout=subprocess.DEVNULL,
        )
    atexit.register(_end, ours, process)
    return ours


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _end(orders: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    orders.close()
    process.wait()
