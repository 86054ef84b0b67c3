"""The ledger in memory, which tells a test what it was asked, and fails or waits when told to."""

import asyncio

from metering.ledger.commands import Command
from metering.ledger.memory import MemoryLedger
from metering.ledger.results import Result
from metering.policy.values import MeterLimit


class WatchedLedger(MemoryLedger):
    """`fail_next` holds errors that the next commands raise instead of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[Command] = []
        self.fail_next: list[Exception] = []
        self.gate: asyncio.Event | None = None
        """While it is there and not set, commands wait."""

    async def submit(self, command: Command) -> Result:
        self.commands.append(command)
        if self.gate is not None:
            await self.gate.wait()
        if self.fail_next:
            raise self.fail_next.pop(0)
        return await super().submit(command)

    def of_type(self, kind: type[Command]) -> list[Command]:
        return [command for command in self.commands if isinstance(command, kind)]

    def held_on(self, limit: MeterLimit) -> int:
        return self.balance_of(limit.meter)[1]
