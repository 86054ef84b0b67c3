"""`manage.py replay_spool`"""

import asyncio
from typing import Any

from django.conf import settings

from metering.errors import MeteringUnavailable
from metering.ledger.spool.replay_left import Replayed, replay_left
from metering.ledger.writer import LedgerWriter
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = (
        "Tell the ledger of the calls in the spools of this machine whose processes are gone: they ended, or began, "
        "while PostgreSQL was away. A gateway that starts here does it too."
    )

    def run(self, **_: Any) -> None:
        done = asyncio.run(_replay())
        told = (
            f"{done.calls} calls of {done.files} files in {settings.SPOOL_DIR} are booked; "
            f"{done.refused} were refused and {done.damaged} records cannot be read."
        )
        if done.unreadable:
            told += f" {done.unreadable} files cannot be opened: run this again as whoever they belong to."
        self.show(done._asdict(), told)


async def _replay() -> Replayed:
    ledger = LedgerWriter(settings.LEDGER_DATABASE_URL)
    await ledger.start()
    try:
        return await replay_left(settings.SPOOL_DIR, ledger)
    except OSError as error:
        raise MeteringUnavailable(
            f"The spools in {settings.SPOOL_DIR} cannot be read or written: {error}."
        ) from error
    finally:
        await ledger.close()
