"""Months of the ledger: partitions made ahead, closed with balances, and in the end dropped.

A month is sealed when nothing in it can change any more; its closing balances then stand for its
entries, so that dropping them leaves `verify_ledger` able to prove every meter.
"""

from datetime import UTC, date, datetime, timedelta

import psycopg

from metering.ids import first_id_at
from metering.ledger.partitions import (
    PARTITIONED_TABLES,
    create_statements,
    month_of,
    month_plus,
    month_start,
    months_wanted,
    partition_name,
)
from metering.ledger.postgres.opening import PAST_STAYS
from metering.ledger.recount import keep_past_of

SEAL_AFTER = timedelta(days=2)
"""A lease lasts a day at most and a new id may be a day old, so a month is quiet after two."""
PURGE_BATCH = 5_000
PATIENCE = "-c lock_timeout=2s"
"""Whoever adds or drops a partition locks the whole table, and while that waits, the ledger's writes wait behind it."""

CLOSING_BALANCES = """
INSERT INTO metering_closingbalance (month, meter_id, charged)
SELECT %(month)s, line.meter_id, sum(line.charge)
FROM metering_ledgerentry, unnest(meter_ids, charges) line (meter_id, charge)
WHERE id >= %(low)s AND id < %(high)s GROUP BY line.meter_id
"""

UNFINISHED = """
SELECT count(*) FROM metering_usagereservation
WHERE id >= %(low)s AND id < %(high)s AND (state = 0 OR provisional)
"""

PURGE = """
DELETE FROM metering_usagereservation WHERE id IN (
    SELECT id FROM metering_usagereservation
    WHERE id >= %(low)s AND id < %(high)s AND state <> 0 AND NOT provisional ORDER BY id LIMIT %(batch)s
)
"""


def make_partitions(conninfo: str, now: datetime) -> None:
    """Make the partitions of last month to three months ahead. Idempotent. Raises psycopg.Error."""
    with psycopg.connect(conninfo, options=PATIENCE) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('metering.partitions', 0))")
        for month in months_wanted(now):
            for statement in create_statements(month):
                connection.execute(statement)


def seal_month(conninfo: str, month: date, now: datetime) -> bool:
    """Write a month's closing balances. Return False, with nothing done, while something in it may still change.

    Operators resolve what is provisional (`resolve_reservation`); a month waits for them.
    """
    if now < month_start(month_plus(month, 1)) + SEAL_AFTER:
        return False
    with psycopg.connect(conninfo) as connection:
        if _state(connection, month) != "open":
            return False
        bounds = _bounds(month)
        if (connection.execute(UNFINISHED, bounds).fetchone() or (0,))[0]:
            return False
        connection.execute(CLOSING_BALANCES, bounds)
        connection.execute(
            "UPDATE metering_ledgerperiod SET state = 'sealed', sealed_at = %s WHERE month = %s", (now, month)
        )
        return True


def drop_month(conninfo: str, month: date, now: datetime) -> bool:
    """Drop a sealed month's usage rows and entries for good; its closing balances stay. False if it is not sealed.

    Raises psycopg.errors.LockNotAvailable while somebody reads the tables for long, or counts what a meter has missed;
    try again later.
    """
    # First: a reservation whose entries are gone would look as if it had never ended.
    purge_reservations(conninfo, month)
    with psycopg.connect(conninfo, options=PATIENCE) as connection:
        if _state(connection, month) != "sealed":
            return False
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (PAST_STAYS,))
        keep_past_of(connection, month_start(month), month_start(month_plus(month, 1)))
        for table in PARTITIONED_TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {partition_name(table, month)}")
        connection.execute(
            "UPDATE metering_ledgerperiod SET state = 'dropped', dropped_at = %s WHERE month = %s",
            (now, month),
        )
    return True


def purge_reservations(conninfo: str, month: date) -> int:
    """Delete the ended reservations of a sealed or dropped month, a few thousand at a time. Return how many."""
    deleted = 0
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if _state(connection, month) not in ("sealed", "dropped"):
            return 0
        while True:
            count = connection.execute(PURGE, {**_bounds(month), "batch": PURGE_BATCH}).rowcount
            deleted += count
            if count < PURGE_BATCH:
                return deleted


def close_old_months(
    conninfo: str, now: datetime, *, keep_reservations_months: int, keep_usage_months: int
) -> None:
    """Seal what is quiet, purge and drop what is past its retention (counted in months before this one)."""
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute("SELECT month, state FROM metering_ledgerperiod ORDER BY month").fetchall()
    this_month = month_of(now.astimezone(UTC))
    for month, state in rows:
        if state == "open":
            seal_month(conninfo, month, now)
        elif state == "sealed" and month < month_plus(this_month, -keep_usage_months):
            drop_month(conninfo, month, now)
        elif state == "sealed" and month < month_plus(this_month, -keep_reservations_months):
            purge_reservations(conninfo, month)


def _state(connection: psycopg.Connection, month: date) -> str | None:
    row = connection.execute(
        "SELECT state FROM metering_ledgerperiod WHERE month = %s FOR UPDATE", (month,)
    ).fetchone()
    return row[0] if row else None


def _bounds(month: date) -> dict[str, object]:
    return {
        "month": month,
        "low": first_id_at(month_start(month)),
        "high": first_id_at(month_start(month_plus(month, 1))),
    }
