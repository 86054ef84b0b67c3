"""Tell the ledger of a spooled call, the normal way: the same commands with the same ids, however often it is done."""

from enum import StrEnum

from metering.errors import InvalidRequest
from metering.ledger.commands import Release, ReserveLate
from metering.ledger.port import Ledger
from metering.ledger.results import Denied, Reason, Refused
from metering.ledger.spool.calls import SpooledCall

KNOWN = frozenset(
    (
        Reason.LEASE_EXPIRED,
        Reason.ALREADY_SETTLED,
        Reason.ALREADY_EXPIRED,
        Reason.OTHER_BODY,  # it carried out the call's own reserve, and the answer was lost
    )
)
"""With these the ledger says that it was told before that a call began."""


class Told(StrEnum):
    """What became of a call that the ledger was told of."""

    BOOKED = "booked"
    TOO_OLD = "too_old"
    """Its id is too old to begin anew: it has to be booked under another one."""
    REFUSED = "refused"
    """Somebody decided otherwise meanwhile, or the ledger lost its beginning: a person has to look."""


async def tell(ledger: Ledger, call: SpooledCall) -> tuple[Told, str]:
    """Returns what became of it, and the ledger's reason where it refuses. Raises MeteringUnavailable:
    then it has to be done again.
    """
    for command in call.commands():
        try:
            result = await ledger.submit(command)
        except InvalidRequest as error:
            return Told.REFUSED, error.message
        if isinstance(result, Refused):
            if isinstance(command, Release) and result.reason is Reason.BAD_ID:
                continue  # it never knew the call, and will not
            is_beginning = isinstance(command, ReserveLate)
            if is_beginning and result.reason is Reason.BAD_ID:
                return Told.TOO_OLD, result.reason.value
            if not (is_beginning and result.reason in KNOWN):
                return Told.REFUSED, result.reason.value
        elif isinstance(result, Denied):
            raise AssertionError("what was spent already is denied nothing")
    return Told.BOOKED, ""
