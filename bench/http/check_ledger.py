"""After a benchmark: one row for each call, and books that balance."""

import time

import psycopg

from bench.report import Report, print_table
from metering.ledger.audit import verify_ledger

SETTLE_TIMEOUT_S = 30.0
COUNTS = """
SELECT (SELECT count(*) FROM metering_usagelog) AS attempts,
       (SELECT count(*) FROM metering_ledgerentry) AS entries,
       (SELECT count(*) FROM metering_usagereservation WHERE state = 1) AS settled,
       (SELECT count(*) FROM metering_usagereservation WHERE state = 0) AS held
"""


def check_ledger(report: Report, conninfo: str, calls: int, *, with_more_attempts: bool = False) -> None:
    """Compare the rows with the calls that were answered, verify the ledger, and say both. A call has one attempt, or
    `with_more_attempts` one or more.
    """
    counts = _counts(conninfo)
    violations = verify_ledger(conninfo)
    attempts = max(calls, counts["attempts"]) if with_more_attempts else calls
    good = counts == {"attempts": attempts, "entries": calls, "settled": calls, "held": 0} and not violations
    report["rows"] = {"calls": calls, **counts, "violations": len(violations)}
    report["ok"] &= good
    print_table("Rows", [report["rows"]])


def _counts(conninfo: str) -> dict[str, int]:
    """Once nothing is held any more: a caller may have its answer before the settlement is confirmed."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_S
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while True:
            cursor = connection.execute(COUNTS)
            row = cursor.fetchone() or ()
            counts = dict(zip([column.name for column in cursor.description or ()], row, strict=True))
            if counts["held"] == 0 or time.monotonic() > deadline:
                return counts
            time.sleep(0.1)
