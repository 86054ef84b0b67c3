"""`manage.py sweep_reservations`"""

import asyncio
from typing import Any

from django.conf import settings

from metering.ledger.sweep import sweep_reservations
from metering.management.command import VerbCommand


class Command(VerbCommand):
    help = "End every reservation that is past its lease, charging its hold provisionally."

    def run(self, **_: Any) -> None:
        swept = asyncio.run(sweep_reservations(settings.LEDGER_DATABASE_URL))
        self.show(
            {"expired": swept.expired, "left": swept.left},
            f"{swept.expired} reservations expired, {swept.left} left to the next sweep.",
        )
