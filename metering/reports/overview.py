"""The figures of the overview: small questions with one answer each, as the API and the console tell them.

All take a `UsageFilter`: whose rows (tenant and `only`), and where it says so its range. Days are the tenant's. What
each costs is a few reads of rollups. Answers are `Figures`: `.cost_nano_usd`,
`.requests`, `.error_rate`, `.latency_ms(95)`, `.cache_share`, `["cached"]`, `["saved_nano_usd"]`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from metering.reports.before import period_before, same_days_before
from metering.reports.buckets import Bucket, Days, bucket_of, now_in
from metering.reports.cache_savings import CacheSavings, cache_savings
from metering.reports.denials import Refusals, count_refused
from metering.reports.explore import explore
from metering.reports.explored import Explored
from metering.reports.figures import Figures
from metering.reports.names import named
from metering.reports.plan import reading
from metering.reports.sums import sums_of_largest, total
from metering.time_zones import zone_named
from metering.usage.filters import UsageFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """A day, week or month of the calendar up to now, beside the one before up to the same day and time of day."""

    first: date
    """Its first day."""
    now: Figures
    before: Figures
    chosen: UsageFilter
    """What `now` is of, for links and the API: the same range gives the same number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spendings:
    """Each on the tenant's calendar, as its budgets count: in its zone, weeks from the day on which its weeks start."""

    today: Spending
    week: Spending
    month: Spending


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How calls of a range went."""

    figures: Figures
    """`.error_rate`, `.latency_ms(50)`, `.latency_ms(95)`."""
    before: Figures
    refusals: Refusals
    refusals_before: Refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Top:
    """One of the groups that cost most in a range."""

    value: object
    """An id, a code or a text; None: calls that have none."""
    name: str
    figures: Figures
    """Of these only the sums that were asked for."""
    share: Decimal | None
    """Of the cost of all."""


def days(chosen: UsageFilter, *, now: datetime, first: date | None = None, count: int = 1) -> UsageFilter:
    """The same reach over whole days in its zone: the `count` that end today, or all since `first`."""
    zone = zone_named(chosen.zone)
    today = now_in(zone, now)
    span = Days(first=first or today - timedelta(days=count - 1), last=today, zone=zone)
    return replace(chosen, since=span.since, until=span.until)


def spendings(chosen: UsageFilter, *, now: datetime) -> Spendings:
    """Return what was spent and called today, this week and this month."""
    with reading():
        return Spendings(
            today=_spending(chosen, Bucket.DAY, now),
            week=_spending(chosen, Bucket.WEEK, now),
            month=_spending(chosen, Bucket.MONTH, now),
        )


def _spending(chosen: UsageFilter, bucket: Bucket, now: datetime) -> Spending:
    today = now_in(zone_named(chosen.zone), now)
    first = bucket_of(today, bucket, week_start=0 if chosen.tenant is None else chosen.tenant.week_start)
    span = days(chosen, now=now, first=first)
    before = same_days_before(chosen, first=first, bucket=bucket, now=now)
    return Spending(first=first, now=total(span), before=total(before), chosen=span)


def health(chosen: UsageFilter, *, now: datetime) -> Health:
    """Of the range of `chosen`: error rate, latency and refusals (429), with the period before."""
    earlier = period_before(chosen, now=now)
    with reading():
        figures, before = total(chosen), total(earlier)
        return Health(
            figures=figures,
            before=before,
            refusals=_refusals(chosen, figures),
            refusals_before=_refusals(earlier, before),
        )


def _refusals(chosen: UsageFilter, figures: Figures) -> Refusals:
    count = count_refused(chosen)
    return Refusals(count=count, calls=count + figures.requests + figures["cached"])


def cost_of_30_days(chosen: UsageFilter, *, by: str, now: datetime) -> Explored:
    """For the stacked chart: `by` is model, user, team or task; `.series`, `.buckets`, `.total`, `.before`."""
    return explore(days(chosen, now=now, count=30), group=by, now=now)


COST_AND_CALLS = ("cost_nano_usd", "requests")


def top(
    chosen: UsageFilter, *, by: str, limit: int = 5, names: Sequence[str] = COST_AND_CALLS
) -> tuple[Top, ...]:
    """The dearest tenants, users, models or conversations of the range of `chosen`; `names` are the sums that are
    told, with the cost among them.
    """
    with reading():
        sums = sums_of_largest(chosen, by=by, metric="cost", limit=limit, names=names)
    called = named(by, [each.keys[0] for each in sums.groups])
    whole = sums.total.cost_nano_usd
    return tuple(
        Top(
            value=each.keys[0].value,
            name=called[each.keys[0]],
            figures=each.figures,
            share=Decimal(each.figures.cost_nano_usd) / whole if whole else None,
        )
        for each in sums.groups
    )


def caches(chosen: UsageFilter, *, now: datetime) -> CacheSavings:
    """Of the range of `chosen`: how much input vendors read from their caches of prompts and what that saved, and apart
    from that what the answer cache saved."""
    return cache_savings(chosen, now=now)
