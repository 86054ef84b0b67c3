"""What meters say right now, by the keys that policies know them by."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.db.models import Q

from metering.ledger.commands import MeterKey
from metering.models import UsageMeter

_COLUMNS = ("budget_id", "subject_type", "subject_id", "tenant_id")


class MeterBalance(NamedTuple):
    """Amounts in the ledger's units."""

    used: int
    held: int
    resets_at: datetime | None


def read_balances(meters: Iterable[MeterKey], now: datetime) -> Mapping[MeterKey, MeterBalance]:
    """Use, holds and end of the window that is open at `now`, of the meters that have one. One query."""
    by_name = {_name(meter): meter for meter in meters}
    if not by_name:
        return {}
    rows = UsageMeter.objects.filter(
        reduce(or_, (Q(**dict(zip(_COLUMNS, name, strict=True))) for name in by_name)),
        Q(window_end=None) | Q(window_end__gt=now),
        window_start__lte=now,
    )
    return {
        by_name[row.budget_id, row.subject_type, row.subject_id, row.tenant_id]: MeterBalance(
            row.used, row.held, row.window_end
        )
        for row in rows
    }


def _name(meter: MeterKey) -> tuple[object, ...]:
    return meter.budget_id, meter.subject_type, meter.subject_id, meter.tenant_id
