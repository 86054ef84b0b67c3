"""What becomes of a call whose caller has gone."""

import asyncio
from collections.abc import Callable
from typing import Any

from metering.calls.values import Call

DRAIN_S = 120.0
"""How long it may run on, where the policy is `drain`."""


class Departure:
    """What becomes of the current task when the caller goes away: it is cancelled, or a call says what else."""

    def __init__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a caller is answered by a task")
        self.task = task
        self.has_come = False
        self.has_cancelled = False
        """Whether the task was cancelled for it."""
        self.instead: Callable[[], None] | None = None
        """What is done instead of cancelling the task."""

    def come(self) -> None:
        """The caller has gone."""
        self.has_come = True
        if self.instead is not None:
            self.instead()
        else:
            self.has_cancelled = True
            self.task.cancel()


def abandon(call: Call, running: "asyncio.Task[Any]") -> None:
    """Let the work end within a deadline, or stop it now, as the policy says."""
    call.allowance.try_no_more()
    if call.policy.choice("on_disconnect", "drain") == "cancel":
        running.cancel()
    else:
        deadline = asyncio.get_running_loop().call_later(DRAIN_S, running.cancel)
        running.add_done_callback(lambda _: deadline.cancel())
