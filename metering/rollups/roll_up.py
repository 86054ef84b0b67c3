"""Brings the rollups up to date: a step each minute, for as long as it may take; whatever is left waits for the next.

1. Units with lines that were recorded anew are no longer good: reports read their lines until they are added up again.
2. Units that are over and not good are added up, the newest first. So a database that had none is filled from today
   backwards, a bounded piece in each run, and is right all the while.

Only one runs at a time; another that comes meanwhile does nothing. Running twice changes nothing.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import psycopg

from metering.rollups.build import UTC_ZONE, build_day, build_quarters
from metering.rollups.changed import CHANGED, SETTLES_WITHIN
from metering.rollups.days import day_bounds
from metering.rollups.levels import ANY_ZONE, QUARTER
from metering.time_zones import is_time_zone, zone_named

BUDGET_S = 40.0
"""Of one run, which then ends its unit."""
STATEMENT_TIMEOUT_S = 300
OVER_FOR = timedelta(minutes=2)
"""A unit is added up once it has been over for so long: most of its calls have ended by then."""
KEEP_QUARTERS = timedelta(days=15)
"""Forecasts look back two weeks (rhythm.py), charts by the hour show 8 days; of older hours reports read the lines."""
MOST_QUARTERS = 96
"""That are added up in one transaction."""
MANY_UNITS = 20
"""After so many the table is another one."""
DAY = timedelta(days=1)
logger = logging.getLogger(__name__)

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('metering.roll_up', 0))"
_FIRST = "SELECT metering_moment(id) FROM metering_usagelog ORDER BY id LIMIT 1"
_FOLLOW_ZONES = """
INSERT INTO metering_rolledzone AS known (tenant_id, zone) SELECT id, timezone FROM metering_tenant
ON CONFLICT (tenant_id) DO UPDATE SET zone = excluded.zone WHERE known.zone <> excluded.zone
"""
_MOVED = """
SELECT DISTINCT tenant.timezone FROM metering_tenant tenant
JOIN metering_rolledzone known ON known.tenant_id = tenant.id WHERE known.zone <> tenant.timezone
"""
_NO_LONGER_GOOD = """
DELETE FROM metering_rolledunit unit USING unnest(%s::timestamptz[]) quarter
WHERE unit.starts_at <= quarter AND unit.ends_at > quarter
"""


def roll_up_usage(conninfo: str, now: datetime, *, budget_s: float = BUDGET_S) -> int:
    """How many units were added up. Raises psycopg.Error where the database fails."""
    until = time.monotonic() + budget_s
    built = 0
    with psycopg.connect(
        conninfo,
        autocommit=True,
        options=f"-c statement_timeout={STATEMENT_TIMEOUT_S}s -c work_mem=64MB -c jit=off",
    ) as connection:
        if not _one(connection, _LOCK):  # kept until the connection ends
            return 0
        _follow_zones(connection)
        _look_at_what_changed(connection)
        first = _one(connection, _FIRST)
        if first is None:
            return 0
        _forget_old_quarters(connection, now)
        for build in _missing(connection, first, now):
            built += build()
            if time.monotonic() > until:
                break
        if built >= MANY_UNITS:
            connection.execute(
                "ANALYZE metering_usagerollup"
            )  # a plan for an empty table reads it row by row
    return built


def _missing(connection: psycopg.Connection, first: datetime, now: datetime) -> Iterator[Callable[[], int]]:
    """Yield the units that are to be added up, the most wanted first."""
    for units in _missing_quarters(connection, first, now):
        yield partial(_build_quarters, connection, units)
    for zone in _zones(connection):
        for since, end in _missing_days(connection, zone, first, now):
            yield partial(_build_day, connection, zone, since, end)


def _follow_zones(connection: psycopg.Connection) -> None:
    """The days of a zone that a tenant moved into do not have its rows yet."""
    with connection.transaction():
        zones = [row[0] for row in connection.execute(_MOVED).fetchall()]
        connection.execute(_FOLLOW_ZONES)
        connection.execute(
            "DELETE FROM metering_rolledunit WHERE zone = ANY(%s) AND zone NOT IN (%s, %s)",
            (zones, ANY_ZONE, UTC_ZONE),
        )


def _look_at_what_changed(connection: psycopg.Connection) -> None:
    # The time is read before the rows: what is committed while they are read is seen by the next look.
    now = _one(connection, "SELECT clock_timestamp()")
    with connection.transaction():
        seen = _one(connection, "SELECT seen_until FROM metering_rollupprogress")
        if seen is None:
            connection.execute("INSERT INTO metering_rollupprogress (id, seen_until) VALUES (1, %s)", (now,))
            connection.execute("DELETE FROM metering_rolledunit")
            return
        bounds = {"since": seen - SETTLES_WITHIN, "low": _FIRST_ID, "high": _LAST_ID}
        changed = [row[0] for row in connection.execute(CHANGED, bounds).fetchall()]
        connection.execute(_NO_LONGER_GOOD, (changed,))
        connection.execute("UPDATE metering_rollupprogress SET seen_until = %s", (now,))


_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


def _forget_old_quarters(connection: psycopg.Connection, now: datetime) -> None:
    bounds = (ANY_ZONE, now - KEEP_QUARTERS - DAY)
    connection.execute("DELETE FROM metering_rolledunit WHERE zone = %s AND starts_at < %s", bounds)
    connection.execute("DELETE FROM metering_usagerollup WHERE zone = %s AND starts_at < %s", bounds)


def _missing_quarters(
    connection: psycopg.Connection, first: datetime, now: datetime
) -> Iterator[list[datetime]]:
    """Return runs of quarters without a gap that are to be added up, the newest first."""
    low = max(_quarter_at(first), _quarter_at(now - KEEP_QUARTERS))
    high = _quarter_at(now - OVER_FOR)
    found = connection.execute(
        "SELECT unit FROM generate_series(%s::timestamptz, %s::timestamptz, '15 minutes') unit WHERE unit < %s "
        "AND NOT EXISTS (SELECT FROM metering_rolledunit WHERE zone = %s AND starts_at = unit) ORDER BY unit DESC",
        (low, high, high, ANY_ZONE),
    ).fetchall()
    run: list[datetime] = []
    for (unit,) in found:
        if run and (run[0] - unit != QUARTER or len(run) == MOST_QUARTERS):
            yield run
            run = []
        run.insert(0, unit)
    if run:
        yield run


def _missing_days(
    connection: psycopg.Connection, zone: str, first: datetime, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Return the days that are to be added up, the newest first."""
    rows = connection.execute("SELECT starts_at FROM metering_rolledunit WHERE zone = %s", (zone,)).fetchall()
    known = {row[0] for row in rows}
    place = zone_named(zone)
    day, oldest = _local_day(now - OVER_FOR, zone) - DAY, _local_day(first, zone)
    while day >= oldest:
        bounds = day_bounds(day, place)
        if bounds is not None and bounds[0] not in known and bounds[1] <= now - OVER_FOR:
            yield bounds
        day -= DAY


def _zones(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute("SELECT DISTINCT zone FROM metering_rolledzone").fetchall()
    return [UTC_ZONE, *sorted({row[0] for row in rows if is_time_zone(row[0])} - {UTC_ZONE})]


def _build_quarters(connection: psycopg.Connection, units: Sequence[datetime]) -> int:
    try:
        build_quarters(connection, units)
    except psycopg.DataError as error:
        if len(units) > 1:
            return sum(_build_quarters(connection, [unit]) for unit in units)
        return _left(error, ANY_ZONE, units[0])
    return len(units)


def _build_day(connection: psycopg.Connection, zone: str, since: datetime, until: datetime) -> int:
    try:
        build_day(connection, zone, since, until)
    except psycopg.DataError as error:
        return _left(error, zone, since)
    return 1


def _left(error: psycopg.DataError, zone: str, unit: datetime) -> int:
    """Sums beyond what a column holds: of such a unit reports read the lines."""
    logger.warning("rollup.left", extra={"zone": zone, "unit": unit.isoformat(), "error": str(error)[:200]})
    return 0


def _local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(zone_named(zone)).date()


def _quarter_at(moment: datetime) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (moment - epoch) // QUARTER * QUARTER


def _one(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
