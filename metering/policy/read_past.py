"""What a meter will open with, or is about to be corrected by, for those who only look."""

from datetime import datetime

from django.db import connection

from metering.ledger.commands import MeterKey
from metering.ledger.past import past_queries
from metering.models import OpeningEntry
from metering.types import Dimension


def read_past(key: MeterKey, start: datetime, end: datetime | None, *, meter_id: int | None = None) -> int:
    """The use that the log shows of the meter's window beside what is counted on it; of calls at once, nothing."""
    if key.dimension is Dimension.CONCURRENCY:
        return 0
    amount = 0
    with connection.cursor() as cursor:
        for text, parameters in past_queries(key, start, end, meter_id=meter_id):
            cursor.execute(text, parameters)
            [(part,)] = cursor.fetchall()
            amount += int(part)
    if meter_id is None:
        return amount
    opened = OpeningEntry.objects.filter(meter_id=meter_id, of_dropped=False).values_list("amount", flat=True)
    return amount - sum(opened)
