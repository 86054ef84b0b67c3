"""`manage.py sweep_reservations`"""

import asyncio
from typing import Any

from django.conf import settings

from metering.ledger.recount import recount_meters
from metering.ledger.sweep import sweep_reservations
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = "End what is past its lease, charging its hold provisionally, and recount the meters that are due."

    def run(self, **_: Any) -> None:
        swept = asyncio.run(sweep_reservations(settings.LEDGER_DATABASE_URL))
        asyncio.run(recount_meters(settings.LEDGER_DATABASE_URL))
        self.show(
            {"expired": swept.expired, "left": swept.left},
            f"{swept.expired} reservations expired, {swept.left} left to the next sweep.",
        )
