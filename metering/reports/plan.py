"""From where a report reads each piece of its time: days, quarters of an hour, or the lines themselves.

1. Days of the report's zone that are good, and lie in one bucket of its chart.
2. For what is left good quarters.
3. For what is then left the lines: the last minutes, what was recorded anew since, and odd ends of the range.

The pieces follow each other without gap or overlap, whatever units there are. To be read in one snapshot (`reading`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import connection, transaction

from metering.models import RolledUnit, RolledZone, RollupProgress
from metering.rollups.build import UTC_ZONE
from metering.rollups.changed import CHANGED, SETTLES_WITHIN
from metering.rollups.levels import ANY_ZONE, QUARTER, Level
from metering.usage.fetch import prepared
from metering.usage.filters import UsageFilter
from metering.usage.reporting import reporting_database

Span = tuple[datetime, datetime]
"""From a moment to another, which is not part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Which part of a range is read from day rollups, from quarter rollups, and from the lines of the log."""

    level: Level
    days: tuple[Span, ...]
    quarters: tuple[Span, ...]
    lines: tuple[Span, ...]


_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)
"""What the reading under way has read already: asked again, it is not read again."""


@contextmanager
def reading() -> Iterator[None]:
    """All queries inside see the same moment, unless the caller's transaction has begun before."""
    if _answers.get() is not None:
        yield
        return
    outermost = not connection.in_atomic_block
    before = _answers.set({})
    try:
        with reporting_database(), transaction.atomic():
            if outermost:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            with prepared():
                yield
    finally:
        _answers.reset(before)


T = TypeVar("T")


def once(asked: Hashable, read: Callable[[], T]) -> T:
    """What `read` finds, which a reading asks for once."""
    known = _answers.get()
    if known is None:
        return read()
    if asked not in known:
        known[asked] = read()
    return cast(T, known[asked])


def plan(chosen: UsageFilter, *, level: Level, cuts: Sequence[datetime] = ()) -> Reading:
    """`cuts` are the moments in order at which a unit may not reach over; `chosen` has both ends of its time."""
    whole = chosen.both_ends
    units = _units_of(chosen)
    if units is None:
        return Reading(level=level, days=(), quarters=(), lines=(whole,))
    good = _Good(changed=units.changed, cuts=list(cuts))
    days = _merged([span for span in units.days if good.has(span)])
    gaps = _gaps(whole, days)
    rolled = once(("quarters", *gaps), lambda: _quarters(gaps)) if gaps else []
    quarters = _merged([span for span in rolled if good.has(span)])
    lines = _gaps(whole, sorted([*days, *quarters]))
    return Reading(level=level, days=tuple(days), quarters=tuple(quarters), lines=tuple(lines))


@dataclass(frozen=True, slots=True)
class _Units:
    """The days of a range whose rollups are good but for what has changed since."""

    days: list[Span]
    changed: list[datetime]


def _units_of(chosen: UsageFilter) -> _Units | None:
    """Return the units of the range; None: nothing was ever added up."""
    range_ = replace(chosen, only=())
    return once(("units", range_), lambda: _read_units(range_))


def _read_units(chosen: UsageFilter) -> _Units | None:
    seen_until = once("seen until", RollupProgress.objects.values_list("seen_until", flat=True).first)
    if seen_until is None:
        return None
    whole = chosen.both_ends
    return _Units(days=_days(chosen, whole), changed=_changed(whole, seen_until))


@dataclass(frozen=True, slots=True)
class _Good:
    """Which units of a range may be read from rollups."""

    changed: list[datetime]
    cuts: list[datetime]

    def has(self, span: Span) -> bool:
        since, until = span
        at = bisect_left(self.changed, since)
        if at < len(self.changed) and self.changed[at] < until:
            return False
        cut = bisect_right(self.cuts, since)
        return cut == len(self.cuts) or self.cuts[cut] >= until


def _changed(whole: Span, seen_until: datetime) -> list[datetime]:
    quarters = once("changed", lambda: _all_changed(seen_until))
    return [quarter for quarter in quarters if whole[0] - QUARTER < quarter < whole[1]]


def _all_changed(seen_until: datetime) -> list[datetime]:
    """In order."""
    bounds: dict[str, Any] = {
        "since": seen_until - SETTLES_WITHIN,
        "low": UUID(int=0),
        "high": UUID(int=2**128 - 1),
    }
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, bounds)
        return sorted(row[0] for row in cursor.fetchall())


def _days(chosen: UsageFilter, whole: Span) -> list[Span]:
    if chosen.zone != UTC_ZONE:
        # The days of a zone that the tenant came into lately do not have its rows yet.
        rolled = RolledZone.objects.filter(tenant_id=chosen.tenant.pk, zone=chosen.zone)  # type: ignore[union-attr]
        if not rolled.exists():
            return []
    units = RolledUnit.objects.filter(zone=chosen.zone, starts_at__gte=whole[0], ends_at__lte=whole[1])
    return list(units.order_by("starts_at").values_list("starts_at", "ends_at"))


def _quarters(gaps: Sequence[Span]) -> list[Span]:
    bounds: list[Any] = [[gap[0] for gap in gaps], [gap[1] for gap in gaps], ANY_ZONE, QUARTER]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unit.starts_at FROM unnest(%s::timestamptz[], %s::timestamptz[]) gap (since, until) "
            "JOIN metering_rolledunit unit ON unit.zone = %s AND unit.starts_at >= gap.since "
            "AND unit.starts_at <= gap.until - %s ORDER BY 1",
            bounds,
        )
        return [(row[0], row[0] + QUARTER) for row in cursor.fetchall()]


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Return the spans in order, those that touch joined into one."""
    merged: list[Span] = []
    for since, until in spans:
        if merged and merged[-1][1] == since:
            merged[-1] = (merged[-1][0], until)
        else:
            merged.append((since, until))
    return merged


def _gaps(whole: Span, spans: Sequence[Span]) -> list[Span]:
    """What of the whole is in none of the spans, which are in order."""
    gaps: list[Span] = []
    at = whole[0]
    for since, until in spans:
        if since > at:
            gaps.append((at, since))
        at = until
    if at < whole[1]:
        gaps.append((at, whole[1]))
    return gaps
