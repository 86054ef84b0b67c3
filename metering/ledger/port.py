"""The ledger as the services see it, whichever store is behind it."""

from typing import Protocol

from metering.ledger.commands import Command
from metering.ledger.results import Result


class Ledger(Protocol):
    """Carries out commands, each exactly once however often it is sent."""

    async def submit(self, command: Command) -> Result:
        """Return the committed answer to one command.

        Raises LedgerOverloaded when too many commands wait, MeteringUnavailable when the database
        does not answer in time (the command may or may not have been carried out: send it again, or
        release its reservation), and InvalidRequest for a command that can never be carried out.
        """
        ...
