"""The conversations that can be among the largest of a range, without adding up all of them.

1. Of those that are in one unit only (`alone`, metering/rollups/alone.py) each unit's largest, found by an index. What
   else a unit has of them is smaller, and there is nothing more of them in other units.
2. Those that are in several units: all their rows.
3. Those that the lines tell of, which no unit has yet: their lines, and what units have of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from metering.reports.plan import Reading, Span
from metering.reports.used import lines_of, rollups, sums_read, units_read, within
from metering.rollups.levels import COLUMNS, Level
from metering.usage.filters import UsageFilter

LEVEL = Level.ALL_CONVERSATIONS
_IS = "line.conversation_id = new.conversation_id AND line.tenant_id = new.tenant_id"
_NEW = "(line.tenant_id, line.conversation_id) IN (SELECT tenant_id, conversation_id FROM new)"


def used_by_largest(
    chosen: UsageFilter,
    read: Reading,
    counts: Collection[str],
    names: Sequence[str],
    params: dict[str, Any],
    *,
    order: str,
) -> str:
    """As `used` has it, of `%(limit)s` conversations at least: all usage of each that is there. `chosen` has no filters
    but its tenant; `order` is SQL, the largest first.
    """
    labels, sums = COLUMNS[LEVEL], sums_read(names, counts)
    timeless = replace(chosen, since=None, until=None)
    lines = lines_of(timeless, read.lines, labels, sums, sorted(counts), params)
    known = "SELECT DISTINCT tenant_id, conversation_id FROM fresh WHERE conversation_id IS NOT NULL"
    rows = ["SELECT * FROM fresh"]
    for zone, spans in units_read(chosen, read):
        in_range = rollups(
            timeless, zone, LEVEL, within("line.starts_at", spans, params), (*labels, *sums), params
        )
        in_unit = rollups(timeless, zone, LEVEL, "line.starts_at = unit.starts_at", (*labels, *sums), params)
        units = f"(SELECT starts_at FROM metering_rolledunit unit WHERE {_units(zone, spans, params)}) unit"  # noqa: S608
        rows += [
            f"{in_range} AND NOT line.alone",
            _of_each("new", f"{in_range} AND line.alone AND {_IS} OFFSET 0"),
            _of_each(units, f"{in_unit} AND line.alone AND NOT {_NEW} ORDER BY {order} LIMIT %(limit)s"),
        ]
    whole = " UNION ALL ".join(f"({each})" for each in rows)
    return f"(WITH fresh AS MATERIALIZED ({lines}), new AS MATERIALIZED ({known}) {whole}) used"


def _units(zone: str, spans: Sequence[Span], params: dict[str, Any]) -> str:
    name = f"zone_{len(params)}"
    params[name] = zone
    return f"unit.zone = %({name})s AND {within('unit.starts_at', spans, params)}"


def _of_each(source: str, rows: str) -> str:
    """The rows that there are for each of the source: few, and found by an index."""
    return f"SELECT found.* FROM {source} CROSS JOIN LATERAL ({rows}) found"  # noqa: S608 - constants of this package
