"""Month partitions of the usage log and the ledger entries, as ranges of UUIDv7.

A child row's id lies in the millisecond of its reservation's id, so a row's month is the month
(UTC) in which its reservation was made, and a late duplicate meets its twin.
"""

from datetime import UTC, date, datetime

from metering.ids import first_id_at

PARTITIONED_TABLES = ("metering_usagelog", "metering_ledgerentry")
MONTHS_AHEAD = 3
MONTHS_BEHIND = 1


def month_of(moment: datetime) -> date:
    """Return the first day of the UTC month that a moment lies in."""
    return moment.astimezone(UTC).date().replace(day=1)


def month_plus(month: date, months: int) -> date:
    """Return the first day of the month `months` later."""
    years, index = divmod(month.month - 1 + months, 12)
    return date(month.year + years, index + 1, 1)


def month_start(month: date) -> datetime:
    """Return midnight UTC at the beginning of a month."""
    return datetime(month.year, month.month, 1, tzinfo=UTC)


def partition_name(table: str, month: date) -> str:
    return f"{table}_y{month.year:04d}m{month.month:02d}"


def create_statements(month: date) -> list[str]:
    """Return idempotent DDL for one month's partitions, with its period row."""
    low, high = first_id_at(month_start(month)), first_id_at(month_start(month_plus(month, 1)))
    statements = [
        f"CREATE TABLE IF NOT EXISTS {partition_name(table, month)} "
        f"PARTITION OF {table} FOR VALUES FROM ('{low}') TO ('{high}')"
        for table in PARTITIONED_TABLES
    ]
    statements.append(
        f"INSERT INTO metering_ledgerperiod (month, state) VALUES ('{month}', 'open') ON CONFLICT DO NOTHING"  # noqa: S608
    )
    return statements


def months_wanted(now: datetime) -> list[date]:
    """Return the months whose partitions should exist at `now`: one behind to a few ahead."""
    current = month_of(now)
    return [month_plus(current, offset) for offset in range(-MONTHS_BEHIND, MONTHS_AHEAD + 1)]
