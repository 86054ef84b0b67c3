"""Reads what meters say at a moment, by the keys that policies know them by. Holds nothing and locks nothing."""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Max, Q

from metering.ledger.commands import MeterKey
from metering.ledger.past import may_have_past
from metering.ledger.windows import window_bounds
from metering.models import UsageMeter
from metering.models.ledger import METER_KEY
from metering.policy.read_past import read_past, read_under_way


class MeterBalance(NamedTuple):
    """What a meter has used and held, in the ledger's units: nano-USD for cost."""

    used: int
    held: int
    resets_at: datetime | None


def read_balances(meters: Mapping[MeterKey, datetime], now: datetime) -> Mapping[MeterKey, MeterBalance]:
    """Read the use, the holds and the end of the window of each meter at `now`.

    `meters` say since when every call has counted on each. A meter that is not open and will open with nothing is left
    out. There is one query, and others for what is not counted yet.
    """
    if not meters:
        return {}
    rows = UsageMeter.objects.filter(
        reduce(or_, (Q(**dict(zip(METER_KEY, _name(meter), strict=True))) for meter in meters)),
        Q(window_end=None) | Q(window_end__gt=now),
        retired=False,
        window_start__lte=now,
    )
    open_now = {tuple(getattr(row, name) for name in METER_KEY): row for row in rows}
    balances: dict[MeterKey, MeterBalance] = {}
    for meter, counts_since in meters.items():
        balance = balance_of(meter, open_now.get(_name(meter)), counts_since, now)
        if balance is not None:
            balances[meter] = balance
    return balances


def balance_of(
    key: MeterKey, row: UsageMeter | None, counts_since: datetime, now: datetime
) -> MeterBalance | None:
    """Add up a meter's row and what the log and calls under way show beside it. Returns None if there is neither."""
    if row is not None:
        used, held = row.used, row.held
        if row.counted_at < counts_since:
            used += read_past(key, row.window_start, row.window_end, meter_id=row.pk)
            held += read_under_way(key, row.window_start, meter_id=row.pk)
        return MeterBalance(used, held, row.window_end)
    start, end = window_bounds(key.window, now, timezone=key.timezone, week_start=key.week_start)
    if not may_have_past(key, start, counts_since):
        return None
    start = max(start, _end_before(key, now) or start)
    return MeterBalance(read_past(key, start, end), read_under_way(key, start), end)


def _end_before(key: MeterKey, now: datetime) -> datetime | None:
    """Return when the meter's last window ended. A tenant that changed its time zone begins its next window there."""
    before = UsageMeter.objects.filter(
        **dict(zip(METER_KEY, _name(key), strict=True)), retired=False, window_end__lte=now
    )
    end: datetime | None = before.aggregate(end=Max("window_end"))["end"]
    return end


def _name(meter: MeterKey) -> tuple[object, ...]:
    return tuple(getattr(meter, name) for name in METER_KEY)
