"""A primary and a standby on this machine whose roles are changed by hand, round after round."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.postgres import EmbeddedPostgres
from tests.support.replicas import ask, copy_of, follow, kill, promote, url_of_both

SENDER = "SELECT pid FROM pg_stat_replication"


class Pair:
    """Two places with a port each; one has the primary, the other its standby."""

    def __init__(self, folder: Path, *, synchronous: bool) -> None:
        self._synchronous = synchronous
        self.primary = EmbeddedPostgres(folder / "one")
        self.primary.start()
        self.primary.allow_test_databases()
        self.standby = copy_of(self.primary, folder / "other")
        self.standby.start()
        follow(self.primary, synchronous=synchronous)
        self.url = url_of_both(self.primary.url, self.primary, self.standby)

    def fail_over(self, *, stalled_s: float) -> float:
        """Kill the primary and promote the standby. Returns the moment of the kill.

        `stalled_s`: for so long before nothing of the write-ahead log leaves the primary, as on a link that is broken.
        """
        if stalled_s:
            for (sender,) in ask(self.primary, SENDER):
                os.kill(int(str(sender)), signal.SIGSTOP)
            time.sleep(stalled_s)
        kill(self.primary)
        killed_s = time.monotonic()
        promote(self.standby)
        return killed_s

    def rebuild(self) -> None:
        """Make a standby where the primary was. The other place has the primary from now on."""
        gone = self.primary
        self.primary = self.standby
        self.standby = copy_of(self.primary, gone.data_dir, port=gone.port)
        self.standby.start()
        follow(self.primary, synchronous=self._synchronous)

    def stop(self) -> None:
        for server in (self.primary, self.standby):
            server.stop("immediate")


@contextmanager
def running_pair(folder: Path, *, synchronous: bool) -> Iterator[Pair]:
    pair = Pair(folder, synchronous=synchronous)
    try:
        yield pair
    finally:
        pair.stop()
