"""Commands to the ledger from a management command, which has no gateway running."""

import asyncio
from collections.abc import Sequence

from django.conf import settings

from metering.ledger.commands import Command
from metering.ledger.results import Result
from metering.ledger.writer import LedgerWriter


def submit_all(commands: Sequence[Command]) -> Sequence[Result]:
    """The committed answers, in the order of the commands. Raises as `Ledger.submit` does."""
    return asyncio.run(_submit_all(commands))


def submit(command: Command) -> Result:
    """The committed answer. Raises as `Ledger.submit` does."""
    return asyncio.run(_submit(command))


async def _submit(command: Command) -> Result:
    [answer] = await _submit_all([command])
    return answer


async def _submit_all(commands: Sequence[Command]) -> Sequence[Result]:
    writer = LedgerWriter(settings.LEDGER_DATABASE_URL)
    await writer.start()
    try:
        return await asyncio.gather(*[writer.submit(command) for command in commands])
    finally:
        await writer.close()
