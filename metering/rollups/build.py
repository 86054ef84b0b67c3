"""Adds units up from their lines. Each call is one transaction: whoever reads meets the old unit or the new one."""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from metering.ids import first_id_at
from metering.rollups.alone import BESIDE_A_DAY, BESIDE_QUARTERS, alone, no_longer_alone
from metering.rollups.changed import quarter_of
from metering.rollups.levels import ALL_COLUMNS, ANY_ZONE, COLUMNS, MADE_OF, QUARTER, Level
from metering.rollups.measures import MEASURES, first_lines

UTC_ZONE = "UTC"
"""The days of everybody together: all tenants' rows are in them."""
_OF_ZONE = """line.tenant_id IN (SELECT tenant_id FROM metering_rolledzone WHERE zone = %(zone)s)"""
_MARK = """
INSERT INTO metering_rolledunit (zone, starts_at, ends_at) SELECT %(zone)s, unit, unit + %(length)s
FROM unnest(%(units)s::timestamptz[]) unit ON CONFLICT DO NOTHING
"""
_FORGET = "DELETE FROM metering_usagerollup WHERE zone = %(zone)s AND starts_at >= %(since)s AND starts_at < %(until)s"


def build_quarters(connection: psycopg.Connection, units: Sequence[datetime]) -> None:
    """Build the rollups of quarters that follow each other without a gap, in order."""
    bounds = {"zone": ANY_ZONE, "units": units, "length": QUARTER, **_between(units[0], units[-1] + QUARTER)}
    starts_at = quarter_of("metering_moment(line.id)")
    with connection.transaction():
        connection.execute(_FORGET, bounds)
        connection.execute(_sums(starts_at, "true", BESIDE_QUARTERS), bounds)
        connection.execute(no_longer_alone(BESIDE_QUARTERS), bounds)
        connection.execute(_MARK, bounds)


def build_day(connection: psycopg.Connection, zone: str, since: datetime, until: datetime) -> None:
    """Build the day rollups of the tenants of a zone; for UTC those of all tenants."""
    bounds = {"zone": zone, "units": [since], "length": until - since, **_between(since, until)}
    with connection.transaction():
        connection.execute(_FORGET, bounds)
        of_zone = "true" if zone == UTC_ZONE else _OF_ZONE
        connection.execute(_sums("%(since)s::timestamptz", of_zone, BESIDE_A_DAY), bounds)
        connection.execute(no_longer_alone(BESIDE_A_DAY), bounds)
        connection.execute(_MARK, bounds)


def _between(since: datetime, until: datetime) -> dict[str, object]:
    return {"since": since, "until": until, "low": first_id_at(since), "high": first_id_at(until)}


def _sums(starts_at: str, condition: str, beside: str) -> str:
    """INSERT: the lines are read once, and added up to the finest level; each other level from the next finer one."""
    columns = ("zone", "level", "starts_at", "tenant_id", *ALL_COLUMNS, *MEASURES, "alone")
    lines = first_lines(f"line.id >= %(low)s AND line.id < %(high)s AND {condition}")
    each = ", ".join(f"{value} AS {name}" for name, value in MEASURES.items())
    label = ", ".join(f"line.{name}" for name in ALL_COLUMNS)
    read = f"SELECT {starts_at} AS starts_at, line.tenant_id, {label}, {each} FROM {lines}"  # noqa: S608
    levels = (Level.CONVERSATIONS, *MADE_OF)
    parts = ", ".join(f"{_name(level)} AS MATERIALIZED ({_added_up(level)})" for level in levels)
    rows = " UNION ALL ".join(_rows(level, beside) for level in levels)
    return f"INSERT INTO metering_usagerollup ({', '.join(columns)}) WITH line AS ({read}), {parts} {rows}"


def _name(level: Level) -> str:
    return f"{level.name.lower()}_level"


def _added_up(level: Level) -> str:
    sums = ", ".join(f"sum({name}){'' if name == 'latencies' else '::bigint'} AS {name}" for name in MEASURES)
    keys = ", ".join(("starts_at", "tenant_id", *COLUMNS[level]))
    source = _name(MADE_OF[level]) if level in MADE_OF else "line"
    return f"SELECT {keys}, {sums} FROM {source} GROUP BY {keys}"  # noqa: S608 - constants of this package


def _rows(level: Level, beside: str) -> str:
    kept = COLUMNS[level]
    labels = ", ".join(name if name in kept else _EMPTY[name] for name in ALL_COLUMNS)
    is_alone = alone(beside) if level is Level.ALL_CONVERSATIONS else "false"
    return (
        f"SELECT %(zone)s, {level.value}, starts_at, tenant_id, {labels}, {', '.join(MEASURES)}, {is_alone} "  # noqa: S608
        f"FROM {_name(level)} kept"
    )


_EMPTY = dict.fromkeys(ALL_COLUMNS, "NULL::varchar") | {
    **dict.fromkeys(COLUMNS[Level.TENANTS], "''::varchar"),
    **dict.fromkeys(("team_id", "user_id", "token_id"), "NULL::uuid"),
    "tags": "'{}'::text[]",
}
"""What a level does not tell apart."""
