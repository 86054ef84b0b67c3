"""What a report tells: groups with their parts, all of them together, and a chart over time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID

from metering.reports.figures import Figures

MOST_GROUPS = 50
MOST_SUBGROUPS = 10
SUBGROUPED = 20
"""So many of the largest groups are divided further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One value of a dimension: what it used, and what it used in the period before."""

    value: Any
    """As the ledger knows it: an id, a code, a text; None: calls that have none."""
    name: str
    """As people know it."""
    tenant_id: UUID | None
    figures: Figures
    before: Figures
    """Of these only the cost, the calls and the metric."""
    cost_now_nano_usd: int | None = None
    """At today's prices; None: not worked out."""
    subgroups: tuple["Group", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A group over time: one value for each bucket; None where there is nothing to tell of."""

    value: Any
    name: str
    values: tuple[int | Decimal | None, ...]
    is_others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """What the range had, group by group, and as a chart."""

    total: Figures
    before: Figures
    """Of the same length of time just before: whole days of the calendar, up to the same time of day."""
    before_since: datetime
    before_until: datetime
    cost_now_nano_usd: int | None
    """At today's prices; None: too many calls would have to be priced again (metering/reports/prices_now.py)."""
    groups: tuple[Group, ...]
    """The largest first."""
    others: Figures | None
    """All other groups together; None: there are none."""
    overlaps: bool
    """Whether one call may be in several groups, so that they do not add up to the total."""
    buckets: tuple[date | datetime, ...]
    series: tuple[Series, ...]

    def days_before(self, zone: tzinfo) -> tuple[date, date]:
        """The first and the last day of the period before; its end is no part of it."""
        last = self.before_until - timedelta(microseconds=1)
        return self.before_since.astimezone(zone).date(), last.astimezone(zone).date()
