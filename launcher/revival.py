"""Starts an embedded server again that has ended by itself, for as long as its users run; the log says so each time.

What keeps ending is started ever later, up to once a minute. Meanwhile the gateway answers as it does whenever its
database or Redis is away (docs/operations.md).
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

from launcher.errors import LauncherError
from launcher.locks import start_lock
from launcher.postgres import EmbeddedPostgres
from launcher.redis import EmbeddedRedis
from launcher.stack import Stack

LOOK_EVERY_S = 0.5
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
logger = logging.getLogger(__name__)
Server = EmbeddedPostgres | EmbeddedRedis


@contextlib.contextmanager
def kept_running(stack: Stack) -> Iterator[None]:
    """Look after the stack's embedded servers in threads, until the block ends. Others are somebody else's."""
    ended = threading.Event()
    threads = [
        threading.Thread(
            target=Revival(stack, name, server).look_after, args=(ended,), name=f"revival.{name}"
        )
        for name, server in stack.servers.named().items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


class Revival:
    """One server, and how long it is waited before its next start."""

    def __init__(self, stack: Stack, name: str, server: Server) -> None:
        self._stack, self._name, self._server = stack, name, server
        self._wait_s = FIRST_WAIT_S
        self._started_s = time.monotonic()

    def look_after(self, ended: threading.Event) -> None:
        """Until the event is set: notice that the server is gone, wait, and start it."""
        while not ended.wait(LOOK_EVERY_S):
            if self._server.is_running():
                continue
            ran_s = time.monotonic() - self._started_s
            self._wait_s = FIRST_WAIT_S if ran_s > LONGEST_WAIT_S else min(self._wait_s * 2, LONGEST_WAIT_S)
            logger.error("server.ended", extra={"ended": self._name, "again_in_s": self._wait_s})
            if ended.wait(self._wait_s):
                return
            self._start()

    def _start(self) -> None:
        self._started_s = time.monotonic()
        try:
            with start_lock(self._stack.state_dir):  # another program of the folder may have been quicker
                self._server.start()
        except (LauncherError, OSError) as error:
            logger.error("server.not_started", extra={"ended": self._name, "problem": str(error)})
            return
        took_s = round(time.monotonic() - self._started_s, 1)
        logger.warning("server.started_again", extra={"started": self._name, "took_s": took_s})
