"""Calls that a limit refused (429), as the decision log counts them: by whole minutes, and as long as it is kept."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncHour

from metering.decisions.decision import Verdict
from metering.errors import InvalidRequest
from metering.models import PolicyDecision
from metering.reports.buckets import Bucket, bucket_of
from metering.reports.dimensions import DIMENSIONS
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
MOST_GROUPS = 50
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


def refused_over_time(chosen: UsageFilter, bucket: Bucket) -> dict[date | datetime, int]:
    """By pieces of time in the zone of `chosen`."""
    zone = zone_named(chosen.zone)
    piece = TruncHour("minute", tzinfo=zone) if bucket is Bucket.HOUR else TruncDate("minute", tzinfo=zone)
    found: dict[date | datetime, int] = {}
    for row in refused(chosen).annotate(piece=piece).values("piece").annotate(n=Sum("count")):
        key = row["piece"].astimezone(UTC) if bucket is Bucket.HOUR else bucket_of(row["piece"], bucket)
        found[key] = found.get(key, 0) + row["n"]
    return found


def explore_refusals(chosen: UsageFilter, *, group: str, bucket: Bucket, earlier: UsageFilter) -> "Refused":
    """Raises InvalidRequest for a group that is not known of them."""
    if group not in KNOWN_BY:
        raise InvalidRequest(f"Refusals are told apart by {', '.join(KNOWN_BY)}.", param="group")
    return Refused(
        count=count_refused(chosen),
        before=count_refused(earlier),
        groups=refused_by(chosen, group, limit=MOST_GROUPS),
        groups_before=refused_by(earlier, group, limit=10 * MOST_GROUPS),
        over_time=refused_over_time(chosen, bucket),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Refusals of a range by group and over time."""

    count: int
    before: int
    groups: dict[object, int]
    groups_before: dict[object, int]
    over_time: dict[date | datetime, int]
