"""What becomes of a call whose caller has gone."""

import asyncio
from typing import Any

from metering.calls.values import Call

DRAIN_S = 120.0
"""How long it may run on, where the policy is `drain`."""


def abandon(call: Call, running: "asyncio.Task[Any]") -> None:
    """Let the work end within a deadline, or stop it now, as the policy says."""
    call.allowance.try_no_more()
    if call.policy.choice("on_disconnect", "drain") == "cancel":
        running.cancel()
    else:
        deadline = asyncio.get_running_loop().call_later(DRAIN_S, running.cancel)
        running.add_done_callback(lambda _: deadline.cancel())
