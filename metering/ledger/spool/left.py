"""What processes that are gone have left, and what the ledger refuses: files for somebody else to look at."""

from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from metering.ledger.commands import Settle
from metering.ledger.spool.calls import SpooledCall, calls_of
from metering.ledger.spool.file import SpoolFile, abandoned
from metering.ledger.spool.records import Begun, Record, Released, Settled


class Left(NamedTuple):
    """A file that a process left, and what the ledger has still to be told of it."""

    file: SpoolFile
    calls: dict[UUID, SpooledCall]
    damaged: int
    """Records that cannot be read any more."""
    torn: bool


def take_over(folder: Path) -> tuple[list[Left], list[OSError]]:
    """The files of processes that are gone, which are this process's now, and why others cannot be read."""
    files, errors = abandoned(folder)
    found = []
    for file in files:
        try:
            records = file.read()
        except OSError as error:
            errors.append(error)
            file.close()
            continue
        found.append(Left(file, calls_of(records.records), records.damaged, records.torn))
    return found, errors


def put_away(left: Left) -> None:
    """Once all of it is told: remove the file, or keep one that is damaged under another name. Raises OSError."""
    if left.damaged:
        left.file.set_aside(".damaged")
    else:
        left.file.remove()


def set_aside(folder: Path, call: SpooledCall) -> None:
    """Keep a call that the ledger refuses in a file of its own. Raises OSError and SpoolFull."""
    file = SpoolFile.create(folder)
    records: list[Record] = [] if call.reserve is None else [Begun(call.reserve)]
    if call.end is not None:
        records.append(Settled(call.end) if isinstance(call.end, Settle) else Released(call.end))
    file.append(records)
    file.set_aside(".refused")
