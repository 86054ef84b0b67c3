"""One command to the ledger from a management command, which has no gateway running."""

import asyncio

from django.conf import settings

from metering.ledger.commands import Command
from metering.ledger.results import Result
from metering.ledger.writer import LedgerWriter


def submit(command: Command) -> Result:
    """The committed answer. Raises as `Ledger.submit` does."""
    return asyncio.run(_submit(command))


async def _submit(command: Command) -> Result:
    writer = LedgerWriter(settings.LEDGER_DATABASE_URL)
    await writer.start()
    try:
        return await writer.submit(command)
    finally:
        await writer.close()
