"""The ledger of calls that are let in while the database is away: it grants what the spool has room for, unseen."""

from metering.errors import InvalidRequest
from metering.ledger.check import check_command
from metering.ledger.commands import Command, Extend, Release, Reserve, Settle
from metering.ledger.results import Ended, Granted, Result
from metering.ledger.spool.spool import Spool
from metering.types import ReservationState


class UnseenLedger:
    """Implements the Ledger port on a spool. No meter is looked at, so no balance is told."""

    def __init__(self, spool: Spool, *, cap_nano_usd: int) -> None:
        """`cap_nano_usd` is the most that the process may have spent unseen, with what its running calls may spend."""
        self._spool = spool
        self._cap_nano_usd = cap_nano_usd

    async def submit(self, command: Command) -> Result:
        """Return the answer once the command is on the disk.

        Raises MeteringUnavailable where it may not be granted or cannot be written, and InvalidRequest.
        """
        check_command(command)
        match command:
            case Reserve():
                await self._spool.begin(command, cap_nano_usd=self._cap_nano_usd)
            case Extend():
                if command.lines:
                    await self._spool.enlarge(command, cap_nano_usd=self._cap_nano_usd)
            case Settle():
                await self._spool.end(command)
                return Ended(reservation_id=command.reservation_id, state=ReservationState.SETTLED)
            case Release():
                await self._spool.end(command)
                return Ended(reservation_id=command.reservation_id, state=ReservationState.RELEASED)
            case _:
                raise InvalidRequest("A call that the database does not know cannot be corrected.")
        return Granted(reservation_id=command.reservation_id)
