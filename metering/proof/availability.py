"""Whether the gateway was there: of the requests that it answered, how many it did not fail at itself.

Each process counts what it answers, also while PostgreSQL is away, and adds it to its hour in the database once a
minute. So an outage of the database is counted, and one of all processes together is not: who asked then was answered
by nobody here, which only a probe from outside can tell.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Sum

from metering.models import ServedHour


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How many requests there were in some time, and how many of them failed."""

    answered: int = 0
    """All of them, whatever the answer was."""
    failed: int = 0
    """At which the gateway failed: an error of its own, overload, the ledger away."""
    vendor_failed: int = 0
    """At which vendors failed, and no other one could help."""

    @property
    def availability(self) -> Decimal | None:
        """The part of the requests at which the gateway did not fail, from 0 to 1; None: there were none."""
        return 1 - Decimal(self.failed) / self.answered if self.answered else None


def availability(*, since: datetime, until: datetime) -> Served:
    """Add up what was served in the hours that begin in [since, until)."""
    rows = ServedHour.objects.filter(hour__gte=since, hour__lt=until)
    found = rows.aggregate(a=Sum("answered"), f=Sum("failed"), v=Sum("vendor_failed"))
    return Served(answered=found["a"] or 0, failed=found["f"] or 0, vendor_failed=found["v"] or 0)


def add_served(served: Served, *, now: datetime) -> None:
    """Add what a process has counted to the hour of `now`, in one statement."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metering_servedhour AS known (hour, answered, failed, vendor_failed) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (hour) DO UPDATE SET answered = known.answered + excluded.answered, "
            "failed = known.failed + excluded.failed, vendor_failed = known.vendor_failed + excluded.vendor_failed",
            [hour, served.answered, served.failed, served.vendor_failed],
        )
