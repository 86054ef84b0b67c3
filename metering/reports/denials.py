"""Calls that a limit refused (429), as the decision log counts them: by whole minutes, and as long as it is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from metering.decisions.decision import Verdict
from metering.models import PolicyDecision
from metering.reports.dimensions import DIMENSIONS
from metering.usage.filters import UsageFilter

REFUSED = (
    "rate_limited",
    "concurrency_exceeded",
    "budget_exceeded",
    "budget_reserved",
    "vendor_rate_limited",
)
"""The codes of 429."""
KNOWN_BY = ("tenant", "user", "token", "task")
"""What a refused call is told apart by: no model was chosen yet, or none of several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """How many calls were refused, and what share of all that is."""

    count: int
    calls: int
    """Refused and answered ones."""

    @property
    def rate(self) -> Decimal | None:
        return Decimal(self.count) / self.calls if self.calls else None


def refused(chosen: UsageFilter) -> "QuerySet[PolicyDecision]":
    """The rows of the decision log; filters that it does not know leave none."""
    since, until = chosen.both_ends
    rows: QuerySet[PolicyDecision] = PolicyDecision.objects.filter(
        verdict=Verdict.DENIED.value, code__in=REFUSED, minute__gte=since, minute__lt=until
    )
    if chosen.tenant is not None:
        rows = rows.filter(tenant_id=chosen.tenant.pk)
    known = {DIMENSIONS[name].column for name in KNOWN_BY}
    for column, value in chosen.only:
        rows = rows.filter(**{column: value}) if column in known else rows.none()
    return rows.order_by()


def count_refused(chosen: UsageFilter) -> int:
    return refused(chosen).aggregate(n=Sum("count"))["n"] or 0


def refused_by(chosen: UsageFilter, dimension: str, *, limit: int) -> dict[object, int]:
    """The most often refused first; `dimension` is one of KNOWN_BY."""
    column = DIMENSIONS[dimension].column
    rows = refused(chosen).values(key=F(column)).annotate(n=Sum("count")).order_by("-n", "key")
    return {row["key"]: row["n"] for row in rows[:limit]}


def refused_by_hour(chosen: UsageFilter) -> dict[datetime, int]:
    """By the minute's own hour in UTC; of a range of many days this is for charts of days as well."""
    found: dict[datetime, int] = {}
    rows = refused(chosen).values("minute").annotate(n=Sum("count"))
    for row in rows.iterator():
        minute: datetime = row["minute"]
        quarter = minute - timedelta(minutes=minute.minute % 15)
        found[quarter] = found.get(quarter, 0) + row["n"]
    return found
