"""Keep a hold alive, or make it larger."""

from metering.amounts import Amounts
from metering.ledger.commands import Extend
from metering.ledger.port import Ledger
from metering.ledger.results import Denied, Granted, Refused
from metering.reservation.no_room import NoRoom
from metering.reservation.refused import refusal_error
from metering.reservation.reserve import Hold, hold_lines, used_limits


async def renew(*, ledger: Ledger, hold: Hold) -> bool:
    """Start the lease anew; whether the reservation is still held. Raises MeteringUnavailable."""
    result = await ledger.submit(Extend(reservation_id=hold.reservation_id, lease_s=hold.lease_s))
    return isinstance(result, Granted)


async def enlarge(*, ledger: Ledger, hold: Hold, by: Amounts, sequence: int) -> bool | NoRoom:
    """Hold `by` on top, or return what was short. Says whether that took up `sequence`, which counts this reservation's
    enlargements from 1.

    Raises TransitionRefused if the reservation has ended, and
    MeteringUnavailable (the enlargement may have been carried out: the reservation's end gives it back).
    """
    limits = used_limits(hold.limits, by)
    if not limits:
        return False  # no budget counts any of it
    result = await ledger.submit(
        Extend(
            reservation_id=hold.reservation_id,
            lease_s=hold.lease_s,
            lines=hold_lines(limits, by),
            bound=by,
            sequence=sequence,
        )
    )
    match result:
        case Denied():
            return NoRoom(tuple(limits), result.denials, holds_already=True)
        case Refused():
            raise refusal_error(result)
    return True
