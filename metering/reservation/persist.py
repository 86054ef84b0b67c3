"""Send a command until the ledger answers: what ends a reservation must not be lost to a short outage."""

import asyncio
import logging
import random

from metering.errors import MeteringUnavailable
from metering.ledger.commands import Command
from metering.ledger.port import Ledger
from metering.ledger.results import Result

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0
logger = logging.getLogger(__name__)


async def submit_until(ledger: Ledger, command: Command, *, deadline_s: float) -> Result:
    """The ledger's answer, sending the same command again while it is away.

    Commands are carried out once however often they are sent. Raises MeteringUnavailable after `deadline_s`.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + deadline_s
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await ledger.submit(command)
        except MeteringUnavailable:
            if loop.time() + pause_s > deadline:
                logger.exception(
                    "reservation.unanswered",
                    extra={
                        "reservation_id": str(command.reservation_id),
                        "command": type(command).__name__,
                    },
                )
                raise
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
