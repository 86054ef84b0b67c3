"""What a task's attempts used, kept outside the process that runs it, so that they are settled if it is killed."""

from typing import Protocol
from uuid import UUID

from metering.ledger.commands import Attempt


class Journal(Protocol):
    """All are written before the work goes on."""

    async def begun(self, reservation_id: UUID, if_lost: Attempt) -> None:
        """An attempt is about to be sent. `if_lost` is its row if nothing more is heard of it: charged its bound.

        Raises MeteringError where it must not be sent, because somebody else has taken the work on.
        """
        ...

    async def never_sent(self, reservation_id: UUID, number: int) -> None:
        """What had begun under this number has cost nothing, and the next attempt may have the number."""
        ...

    async def ended(self, reservation_id: UUID, attempt: Attempt) -> None:
        """An attempt has ended, or has brought one more file."""
        ...
