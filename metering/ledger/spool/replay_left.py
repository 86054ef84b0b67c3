"""Tell the ledger, once, of what processes that are gone have left on this machine."""

from pathlib import Path
from typing import NamedTuple

from metering.ledger.port import Ledger
from metering.ledger.spool.spool import Spool


class Replayed(NamedTuple):
    """What was told."""

    files: int
    calls: int
    refused: int
    damaged: int


async def replay_left(folder: Path, ledger: Ledger) -> Replayed:
    """Tell all of it. Raises MeteringUnavailable if the ledger goes away, and OSError: what is left stays there."""
    spool = Spool(folder, ledger)
    try:
        files = await spool.take_over()
        calls = await spool.tell_all()
    finally:
        await spool.close()
    return Replayed(files, calls, spool.refused, spool.damaged)
