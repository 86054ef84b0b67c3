"""The Celery worker and beat of a server: started with it, started again where they end by themselves.

Calls to models do not need them, so that the server goes on without them; but mails, sums and months do. What keeps
ending is started again ever later, and the log says so each time.
"""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable

from launcher.children import DRAIN_TIMEOUT_S, metrics_dir, start_beat, start_worker
from launcher.process import wait_for_child
from launcher.stack import Stack

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
logger = logging.getLogger(__name__)


class BackgroundProgram:
    """One process that is to run for as long as the server does."""

    def __init__(self, name: str, start: Callable[[], "subprocess.Popen[bytes]"]) -> None:
        self._name = name
        self._start = start
        self._wait_s = FIRST_WAIT_S
        self._process: subprocess.Popen[bytes] | None = start()
        self._since_s = time.monotonic()
        """When it was started, or since when it is gone."""

    def look_after(self) -> None:
        """Notice that it has ended, and start it again when its time has come. Never waits."""
        now_s = time.monotonic()
        if self._process is None:
            if now_s >= self._since_s + self._wait_s:
                self._start_again(now_s)
            return
        status = self._process.poll()
        if status is None:
            return
        ran_s = now_s - self._since_s
        self._wait_s = FIRST_WAIT_S if ran_s > LONGEST_WAIT_S else min(self._wait_s * 2, LONGEST_WAIT_S)
        facts = {"ended": self._name, "status": status, "again_in_s": self._wait_s}
        logger.error("background.ended", extra=facts)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # children of one that was killed
        self._process, self._since_s = None, now_s

    def _start_again(self, now_s: float) -> None:
        self._since_s = now_s
        try:
            self._process = self._start()
        except (
            OSError
        ) as error:  # no memory, no processes left: the gateway goes on, and the next time may be better
            self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
            logger.error("background.not_started", extra={"ended": self._name, "error": type(error).__name__})

    def ask_to_end(self) -> None:
        """Let it end what it has begun. Does not wait."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait_for_end(self) -> None:
        """It was asked to end, and has ended afterwards."""
        if self._process is not None:
            wait_for_child(self._process, DRAIN_TIMEOUT_S)


class Background:
    """What Celery does for one server, whose port tells it from others of the same state folder."""

    def __init__(self, stack: Stack, *, port: int) -> None:
        counted = {"GATEWAY_METRICS_DIR": str(metrics_dir(stack, port))}  # jobs are calls too
        self._kept = [
            BackgroundProgram("worker", lambda: start_worker(stack, name=str(port), more=counted)),
            BackgroundProgram("beat", lambda: start_beat(stack, name=str(port))),
        ]

    def look_after(self) -> None:
        """Start again what has ended."""
        for kept in self._kept:
            kept.look_after()

    def ask_to_end(self) -> None:
        """Everything at once. Does not wait."""
        for kept in self._kept:
            kept.ask_to_end()

    def wait_for_end(self) -> None:
        """Everything was asked to end, and has ended afterwards."""
        for kept in self._kept:
            kept.wait_for_end()
