"""Tell the ledger, once, of what processes that are gone have left on this machine."""

from pathlib import Path
from typing import NamedTuple

from metering.ledger.port import Ledger
from metering.ledger.spool.spool import Spool


class Replayed(NamedTuple):
    """What the ledger was told of the files that vanished processes left."""

    files: int
    calls: int
    refused: int
    damaged: int
    unreadable: int
    """Files that cannot be opened: somebody else's, or on a disk that fails."""


async def replay_left(folder: Path, ledger: Ledger) -> Replayed:
    """Tell all that can be read. Raises OSError, and MeteringUnavailable if the ledger goes away: the rest stays."""
    spool = Spool(folder, ledger)
    try:
        files = await spool.take_over()
        calls = await spool.tell_all()
    finally:
        await spool.close()
    return Replayed(files, calls, spool.refused, spool.damaged, spool.unreadable)
