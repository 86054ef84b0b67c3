"""Turns the overrides of a budget into what its limit is raised by, by the calendar of its meter. Pure.

An override begins with the window in which it was made, and ends with a window. So the window of a meter alone decides
whether its limit is raised, to the last call before its end, on whatever clock a process runs.

A tenant may move to another time zone while an override runs: its open window is kept to its end, and the next ones are
by the new calendar. The override then ends with the window of that calendar whose end is nearest to its own, but never
earlier than it said.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from metering.ledger.commands import MeterKey, Raise
from metering.ledger.windows import window_bounds
from metering.types import MAX_AMOUNT

Raises = tuple[Raise, ...]


class Override(NamedTuple):
    """So much more of a budget, for a while."""

    tenant_id: UUID | None
    """None: tenants share the meter."""
    subject_id: str | None
    """Whose meter it raises; None: everybody's of the tenant."""
    amount: int
    """In the ledger's units: nano-USD for cost."""
    ends_at: datetime | None
    """When the last window ends that is raised; None: it has no end."""


def raises_of(overrides: Iterable[Override], meter: MeterKey) -> tuple[Raises, Mapping[str, Raises]]:
    """Return what a limit on this meter is raised by, and what those of others are that its subject is filled in for.

    Overrides that end together are added up, to no more than the ledger can count.
    """
    for_all: dict[datetime | None, int] = {}
    by_subject: dict[str, dict[datetime | None, int]] = {}
    for override in overrides:
        if override.tenant_id != meter.tenant_id:
            continue
        until = last_moment(override.ends_at, meter)
        if override.subject_id is None or override.subject_id == meter.subject_id:
            for_all[until] = for_all.get(until, 0) + override.amount
        else:
            own = by_subject.setdefault(override.subject_id, {})
            own[until] = own.get(until, 0) + override.amount
    return _raises(for_all), {subject: _raises(own) for subject, own in by_subject.items()}


def end_of(meter: MeterKey, end: datetime, windows: int) -> datetime:
    """Return when so many windows have ended, of which the first ends at `end`."""
    for _ in range(windows - 1):
        _, following = window_bounds(meter.window, end, timezone=meter.timezone, week_start=meter.week_start)
        end = following or end
    return end


def last_moment(ends_at: datetime | None, meter: MeterKey) -> datetime | None:
    """Return when the override ends by the calendar of the meter, as it is now."""
    if ends_at is None:
        return None
    start, end = window_bounds(meter.window, ends_at, timezone=meter.timezone, week_start=meter.week_start)
    if end is None:
        return None
    return max(ends_at, start if ends_at - start <= end - ends_at else end)


def _raises(amounts: Mapping[datetime | None, int]) -> Raises:
    return tuple(Raise(amount=min(MAX_AMOUNT, amount), until=until) for until, amount in amounts.items())
