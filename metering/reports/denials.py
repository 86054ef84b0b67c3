"""Calls that a limit refused (429), as the decision log counts them: by whole minutes, and as long as it is kept."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import DateTimeField, F, Func, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import TruncDate

from metering.decisions.decision import Verdict
from metering.models import PolicyDecision, Task
from metering.reports.buckets import Bucket, bucket_of
from metering.reports.groupings import GROUPINGS
from metering.time_zones import zone_named
from metering.usage.filters import UsageFilter

REFUSED = (
    "rate_limited",
    "concurrency_exceeded",
    "budget_exceeded",
    "budget_reserved",
    "vendor_rate_limited",
)
"""The codes of 429."""
COLUMNS: dict[str, Any] = {
    "tenant": F("tenant_id"),
    "team": F("team_id"),
    "user": F("user_id"),
    "token": F("token_id"),
    "task": F("task"),
    "feature": Subquery(Task.objects.filter(code=OuterRef("task")).values("feature_id")),
    "model": F("model"),
}
"""What a refused call is told apart by. Of the calls of one row of the log, team and model are those of the first."""
FILTERED = {GROUPINGS[name].column: name for name in COLUMNS}


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
    """Select the refusals in the decision log. A filter that it does not know leaves none."""
    since, until = chosen.both_ends
    rows: QuerySet[PolicyDecision] = PolicyDecision.objects.filter(
        verdict=Verdict.DENIED.value, code__in=REFUSED, minute__gte=since, minute__lt=until
    )
    if chosen.tenant is not None:
        rows = rows.filter(tenant_id=chosen.tenant.pk)
    for column, value in chosen.only:
        name = FILTERED.get(column)
        rows = rows.none() if name is None else rows.alias(**{f"of_{name}": COLUMNS[name]})
        rows = rows if name is None else rows.filter(**{f"of_{name}": value})
    return rows.order_by()


def unknown_filters(chosen: UsageFilter) -> list[str]:
    """Return the titles of the filters that the decision log does not know."""
    titles = {each.column: each.title for each in GROUPINGS.values()}
    return [titles[column] for column, _ in chosen.only if column not in FILTERED]


def count_refused(chosen: UsageFilter) -> int:
    return refused(chosen).aggregate(n=Sum("count"))["n"] or 0


def refused_by(chosen: UsageFilter, *by: str, limit: int) -> dict[tuple[object, ...], int]:
    """Return how many calls were refused by these keys, names of COLUMNS; the largest first."""
    keys = {f"key{place}": COLUMNS[name] for place, name in enumerate(by)}
    counted = refused(chosen).values(**keys).annotate(n=Sum("count")).order_by("-n", *keys)
    return {tuple(key): times for *key, times in counted.values_list(*keys, "n")[:limit]}


def refused_over_time(chosen: UsageFilter, bucket: Bucket) -> dict[date | datetime, int]:
    """Return how many calls were refused in each piece of time in the zone of `chosen`."""
    piece = (
        # As usage is: an hour that a clock shows twice is two.
        Func(
            Value("hour"),
            F("minute"),
            Value(chosen.zone),
            function="date_trunc",
            output_field=DateTimeField(),
        )
        if bucket is Bucket.HOUR
        else TruncDate("minute", tzinfo=zone_named(chosen.zone))
    )
    found: dict[date | datetime, int] = {}
    for row in refused(chosen).values(piece=piece).annotate(n=Sum("count")):
        key = row["piece"].astimezone(UTC) if bucket is Bucket.HOUR else bucket_of(row["piece"], bucket)
        found[key] = found.get(key, 0) + row["n"]
    return found
