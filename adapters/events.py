"""What the three patent tasks have in common: they tell what happens as events, of which the last one is the result."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec

from metering.ports import Spending, TaskRequest

Event = dict[str, Any]
"""`event` is its name, `progress` a percentage where it is known."""
NOT_OF_RESULTS = ("event", "progress")
_encode = msgspec.json.Encoder().encode


class EventAdapter:
    """The two methods of metering's LLMAdapter that do the work, over one that tells it."""

    def events(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[Event, None]:
        """What happens as it happens; the last event is the `result`. Close it (`aclosing`) where it is left early."""
        raise NotImplementedError

    async def execute(self, request: TaskRequest, allowance: Spending) -> bytes:
        """Do the work, and return its result as JSON."""
        last: Event = {}
        async with aclosing(self.events(request, allowance)) as events:
            async for event in events:
                last = event
        return _encode({name: value for name, value in last.items() if name not in NOT_OF_RESULTS})

    async def stream(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[bytes, None]:
        """Do the work, and yield its events as JSON."""
        async with aclosing(self.events(request, allowance)) as events:
            async for event in events:
                yield _encode(event)
