"""Windows tile: the windows of one subject's meters follow the calendar and never overlap."""

from collections.abc import Iterator
from datetime import datetime

import psycopg

from metering.ledger.windows import window_bounds
from metering.types import Window

FETCH = 5_000
IN_ORDER = """
SELECT id, subject_type, subject_id, dimension, task, model_class, tenant_id, "window", timezone, week_start,
    window_start, window_end
FROM metering_usagemeter WHERE NOT retired
ORDER BY subject_type, subject_id, dimension, "window", task, model_class, tenant_id, window_start
"""

Broken = tuple[int, str, str]
"""Meter id, what its window should be, what it is."""


def broken_windows(connection: psycopg.Connection, limit: int) -> Iterator[Broken]:
    """Return at most `limit` meters whose window is off the calendar or overlaps the one before."""
    found = 0
    previous: tuple[object, ...] | None = None
    previous_end: datetime | None = None
    with connection.cursor(name="windows") as cursor:
        cursor.itersize = FETCH
        cursor.execute(IN_ORDER)
        for id_, *subject, window, timezone, week_start, start, end in cursor:
            same_subject = previous == (*subject, window)
            problem = _problem(
                Window(window),
                timezone,
                week_start,
                start,
                end,
                same_subject,
                previous_end if same_subject else None,
            )
            if problem is not None:
                yield id_, problem, f"{start.isoformat()} to {end.isoformat() if end else 'ever'}"
                found += 1
                if found >= limit:
                    return
            previous, previous_end = (*subject, window), end


def _problem(
    window: Window,
    timezone: str,
    week_start: int,
    start: datetime,
    end: datetime | None,
    has_previous: bool,
    previous_end: datetime | None,
) -> str | None:
    if has_previous and (previous_end is None or previous_end > start):
        return f"a start not before {previous_end.isoformat() if previous_end else 'for ever'}, the end of the last"
    first, last = window_bounds(window, start, timezone=timezone, week_start=week_start)
    if end != last:
        return f"an end at {last.isoformat() if last else 'no time'}"
    # A subject that moved to another time zone begins its first window where the last one ended.
    if start != first and not (has_previous and previous_end == start):
        return f"a start at {first.isoformat()}"
    return None
