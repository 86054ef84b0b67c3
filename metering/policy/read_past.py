"""Reads what a meter will open with, or will be corrected by, without opening or correcting it."""

from datetime import datetime

from django.db import connection

from metering.ledger.commands import MeterKey
from metering.ledger.past import conditions_of, past_queries
from metering.ledger.postgres.opening import held_amount
from metering.models import OpeningEntry
from metering.types import Dimension

UNDER_WAY = """
SELECT coalesce(sum({amount}), 0) FROM metering_usagereservation held
WHERE held.state = 0 AND {conditions} AND metering_moment(held.id) >= %s AND NOT %s = ANY(held.meter_ids)
"""


def read_past(key: MeterKey, start: datetime, end: datetime | None, *, meter_id: int | None = None) -> int:
    """Return the use that the log shows for the window and that the meter does not count yet; 0 for calls at once."""
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


def read_under_way(key: MeterKey, start: datetime, *, meter_id: int | None = None) -> int:
    """Return what calls under way hold and will be added to the meter."""
    conditions, parameters = conditions_of(key, "held")
    with connection.cursor() as cursor:
        cursor.execute(
            UNDER_WAY.format(amount=held_amount(key.dimension), conditions=conditions),
            [*parameters, start, meter_id or 0],
        )
        [(amount,)] = cursor.fetchall()
    return int(amount)
