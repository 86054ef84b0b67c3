"""How accurate the metered cost is: how much of it is the vendors' own figures, and how far it is from their reports.

Two figures, because the first is always known and the second proves it: the *exact share* is the part of the charged
cost whose tokens a vendor reported and nothing contradicted; the *deviation* adds up, day by day and model by model,
how far a vendor's report was from what had been metered, without netting days that were too high against days that
were too low. Calls that did not come through the gateway, and calls around midnight, are no part of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Max, Min, Sum
from django.db.models.functions import Abs

from metering.models import ReconciledDay
from metering.reports.plan import reading
from metering.reports.sums import sums_by
from metering.usage.filters import UsageFilter

MOST_PROVIDERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactness:
    """What was charged, and the part of it whose figures are not simply the vendor's; nano-USD."""

    cost_nano_usd: int
    estimated_nano_usd: int
    attempts: int
    estimated_attempts: int

    @property
    def exact_share(self) -> Decimal | None:
        """The part of the cost whose figures are the vendors' own, from 0 to 1; None: nothing was charged."""
        if not self.cost_nano_usd:
            return None
        return 1 - Decimal(self.estimated_nano_usd) / self.cost_nano_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """What vendors' reports say of the days that were compared; nano-USD before markups."""

    days: int
    first: date
    last: date
    vendor_nano_usd: int
    """Their cost, but for calls that are not the gateway's."""
    metered_nano_usd: int
    deviation_nano_usd: int
    compared_at: datetime

    @property
    def accuracy(self) -> Decimal | None:
        """One less the deviation's share of the vendors' cost, at least 0; None: that cost is nothing."""
        if not self.vendor_nano_usd:
            return None
        return max(Decimal(0), 1 - Decimal(self.deviation_nano_usd) / self.vendor_nano_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How exact the figures of all providers together and of each are."""

    exactness: Exactness
    exactness_of: Mapping[str, Exactness]
    deviation: Deviation | None
    """None: no vendor's report of these days was compared."""
    deviation_of: Mapping[str, Deviation]


def accuracy(*, since: datetime, until: datetime) -> Accuracy:
    """Of calls and days of [since, until), of all tenants. Reads rollups, and one row for each day that was compared.

    Raises InvalidRequest as reports do.
    """
    chosen = UsageFilter(since=since, until=until)
    with reading():
        sums = sums_by(chosen, by=("provider",), limit=MOST_PROVIDERS)
        compared = _compared(since.date(), until.date())
    return Accuracy(
        exactness=_exactness(sums.total),
        exactness_of={str(each.keys[0].value): _exactness(each.figures) for each in sums.groups},
        deviation=_deviation(compared.aggregate(**_SUMS)),
        deviation_of={
            row["provider_name"]: found
            for row in compared.values("provider_name").annotate(**_SUMS)[:MOST_PROVIDERS]
            if (found := _deviation(row)) is not None
        },
    )


_SUMS = {
    "vendor": Sum("own_vendor_nano_usd"),
    "metered": Sum("metered_nano_usd"),
    "deviation": Sum(Abs("own_difference_nano_usd")),
    "first": Min("day"),
    "last": Max("day"),
    "at": Max("compared_at"),
}


def _compared(since: date, until: date) -> Any:
    """`own_vendor_nano_usd`: what was metered, and by how much the vendor's word differs."""
    rows = ReconciledDay.objects.filter(day__gte=since, day__lt=until).order_by()
    return rows.annotate(own_vendor_nano_usd=F("metered_nano_usd") + F("own_difference_nano_usd"))


def _exactness(figures: Any) -> Exactness:
    return Exactness(
        cost_nano_usd=figures.cost_nano_usd,
        estimated_nano_usd=figures["estimated_nano_usd"],
        attempts=figures["attempts"],
        estimated_attempts=figures["estimated"] + figures["provisional"],
    )


def _deviation(row: Mapping[str, Any]) -> Deviation | None:
    if row["first"] is None:
        return None
    return Deviation(
        days=(row["last"] - row["first"]).days + 1,
        first=row["first"],
        last=row["last"],
        vendor_nano_usd=int(row["vendor"]),
        metered_nano_usd=int(row["metered"]),
        deviation_nano_usd=int(row["deviation"]),
        compared_at=row["at"],
    )
