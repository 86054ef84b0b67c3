"""What becomes of a call whose caller has gone."""

import asyncio
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from metering.calls.values import Call

DRAIN_S = 120.0
"""How long it may run on, where the policy is `drain`."""


class Departure(Struct, eq=False):
    """What becomes of a task when the caller whom it answers goes away: it is cancelled, or a call says what else."""

    task: "asyncio.Task[Any]"
    has_come: bool = False
    has_cancelled: bool = False
    """Whether the task was cancelled for it."""
    instead: Callable[[], None] | None = None
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
