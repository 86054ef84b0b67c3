"""What the meters of a call showed just before and just after it was charged, reckoned from the ledger's entries.

A meter's use now, less all that was charged on it since. Entries are read by the time of their reservations, of the
shortest windows first, as long as that is quick; what is left then is not known, and said to be so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from metering.activity.log import in_time
from metering.errors import InvalidRequest
from metering.ids import first_id_at
from metering.models import LedgerEntry, LimitWatch, UsageMeter
from metering.types import Dimension

TIMEOUT_S = 1.0
"""For the meters of one kind of window."""
SKEW = timedelta(minutes=1)
"""Between the clock that made a reservation's id, and the database's that chose its window."""
SINCE = """
SELECT line.meter_id, sum(line.charge)
FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge)
WHERE entry.id >= %(low)s AND entry.meter_ids && %(meters)s::bigint[] AND line.meter_id = ANY(%(meters)s)
    AND (entry.recorded_at, entry.id) > (%(recorded)s, %(entry)s)
GROUP BY line.meter_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterThen:
    """One counter that a call was held and charged on. Amounts are in the ledger's units: nano-USD for cost."""

    meter: UsageMeter
    held: int
    """For the call; 0 where its hold is not kept any more."""
    charged: int
    before: int | None
    """What was used before it was charged; None: it cannot be known quickly, or it is not charged yet."""
    limit: int | None
    """The tightest of those that the window's last call brought; None: none is known."""

    @property
    def after(self) -> int | None:
        return None if self.before is None else self.before + self.charged


def meters_then(amounts: dict[int, int], entry: LedgerEntry | None, *, with_shared: bool) -> list[MeterThen]:
    """Of each meter that has a part in a call. `amounts` are its holds by meter, `entry` what it was charged.

    Calls at once are left out. Without `with_shared`, meters that other tenants count on are left out too.
    """
    charges = dict(zip(entry.meter_ids, entry.charges, strict=True)) if entry is not None else {}
    found = UsageMeter.objects.filter(pk__in={*amounts, *charges}).exclude(dimension=Dimension.CONCURRENCY)
    if not with_shared:
        found = found.filter(tenant_id__isnull=False)
    meters = sorted(found, key=_shortest_first)
    limits: dict[int, int] = {}
    watches = LimitWatch.objects.filter(meter_id__in=[meter.pk for meter in meters]).exclude(thresholds="")
    for meter_id, limit in watches.values_list("meter_id", "limit"):
        limits[meter_id] = min(limit, limits.get(meter_id, limit))
    since = charged_since(meters, entry) if entry is not None else {}
    return [
        MeterThen(
            meter=meter,
            held=amounts.get(meter.pk, 0),
            charged=charges.get(meter.pk, 0),
            before=meter.used - since[meter.pk] - charges.get(meter.pk, 0) if meter.pk in since else None,
            limit=limits.get(meter.pk),
        )
        for meter in meters
    ]


def charged_since(meters: Sequence[UsageMeter], entry: LedgerEntry) -> dict[int, int]:
    """What was charged on each of these meters after the entry; a meter whose answer takes too long is left out."""
    known: dict[int, int] = {}
    for start in sorted({meter.window_start for meter in meters}, reverse=True):
        ids = [meter.pk for meter in meters if meter.window_start == start]
        try:
            with in_time(TIMEOUT_S), connection.cursor() as cursor:
                cursor.execute(
                    SINCE,
                    {
                        "low": first_id_at(max(start - SKEW, _EPOCH)),
                        "meters": ids,
                        "recorded": entry.recorded_at,
                        "entry": entry.pk,
                    },
                )
                found = {meter_id: int(charged) for meter_id, charged in cursor.fetchall()}
        except InvalidRequest:
            return known  # longer windows take longer still
        known |= {id_: found.get(id_, 0) for id_ in ids}
    return known


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _shortest_first(meter: UsageMeter) -> tuple[float, str, str, int]:
    return (-meter.window_start.timestamp(), meter.subject_type, meter.dimension, meter.pk)
