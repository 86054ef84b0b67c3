"""End a reservation with what was really used."""

import logging

from metering.errors import MeteringUnavailable
from metering.ledger.commands import Attempt, Settle
from metering.ledger.port import Ledger
from metering.ledger.results import Ended, Result
from metering.ledger.spool.spool import Spool
from metering.reservation.persist import submit_until
from metering.reservation.reserve import Hold

DEADLINE_S = 600.0
"""How long a settlement is sent again while the ledger is away, if no spool keeps it."""
SPOOLED_AFTER_S = 1.0
"""How long if one does: it is kept as soon as the ledger has not answered in time, twice at most."""
logger = logging.getLogger(__name__)


async def settle(
    *,
    ledger: Ledger,
    hold: Hold,
    attempts: tuple[Attempt, ...],
    spool: Spool | None = None,
    is_away: bool = False,
) -> bool:
    """Charge the attempts; whether the ledger accepted them, or the spool will tell it.

    Never raises: the work is done and paid for, so the caller gets it. If the ledger stays away, the spool keeps the
    settlement, at once if it `is_away`. If that cannot be either, the ledger is asked until the deadline; then the
    sweeper charges the hold, and the attempts are in the log for an operator.
    """
    command = Settle(reservation_id=hold.reservation_id, attempts=attempts)
    if spool is not None:
        if is_away and await spool.keep(command):
            return True
        try:
            result = await submit_until(ledger, command, deadline_s=SPOOLED_AFTER_S)
        except MeteringUnavailable:
            if await spool.keep(command):
                return True
        else:
            return _is_accepted(result, hold, attempts)
    try:
        result = await submit_until(ledger, command, deadline_s=DEADLINE_S)
    except MeteringUnavailable:
        logger.error("reservation.not_settled", extra=_facts(hold, attempts))
        return False
    return _is_accepted(result, hold, attempts)


def _is_accepted(result: Result, hold: Hold, attempts: tuple[Attempt, ...]) -> bool:
    if isinstance(result, Ended):
        return True
    logger.error(
        "reservation.settle_refused",
        extra={**_facts(hold, attempts), "reason": str(getattr(result, "reason", ""))},
    )
    return False


def _facts(hold: Hold, attempts: tuple[Attempt, ...]) -> dict[str, object]:
    """What an operator needs to settle by hand."""
    return {
        "reservation_id": str(hold.reservation_id),
        "attempts": [
            [item.provider_name, item.input_tokens, item.output_tokens, item.cost_nano_usd]
            for item in attempts
        ],
    }
