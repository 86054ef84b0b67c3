"""End a reservation that spent nothing."""

import logging
from uuid import UUID

from metering.errors import MeteringUnavailable
from metering.ledger.commands import Release
from metering.ledger.port import Ledger
from metering.ledger.results import Refused
from metering.ledger.spool.spool import Spool
from metering.reservation.persist import submit_until

logger = logging.getLogger(__name__)


async def release(
    *,
    ledger: Ledger,
    reservation_id: UUID,
    tenant_id: UUID,
    reason: str,
    deadline_s: float,
    spool: Spool | None = None,
) -> None:
    """Give the whole hold back; on an id that the ledger does not know, make sure that it never will.

    Never raises: if the ledger stays away past `deadline_s`, the spool tells it later. Without one, the sweeper ends
    the hold, and what it then charges is flagged as provisional.
    """
    command = Release(reservation_id=reservation_id, tenant_id=tenant_id, reason=reason)
    try:
        result = await submit_until(ledger, command, deadline_s=deadline_s)
    except MeteringUnavailable:
        if spool is not None:
            await spool.keep(command)
        return
    if isinstance(result, Refused):
        logger.error(
            "reservation.release_refused",
            extra={"reservation_id": str(reservation_id), "reason": result.reason.value},
        )
