"""Servers that are killed in the middle of what their spool does."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from gateway_project import wiring
from metering.ledger.spool.spool import Spool


@contextmanager
def spools_that_kill(dies_at: tuple[str, int] | None) -> Iterator[None]:
    """While this lasts, spools of this process are made so that they kill it at this step's n-th time; None: never."""
    if dies_at is None:
        yield
        return
    step, times = dies_at
    left, lock = [times], threading.Lock()

    def look(taken: str) -> None:
        with lock:
            left[0] -= taken == step
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    with patch.object(wiring, "Spool", partial(Spool, on_step=look)):
        yield
