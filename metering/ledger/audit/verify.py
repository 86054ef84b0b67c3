"""Run every invariant on one snapshot of the database and name each row that breaks one."""

from collections.abc import Iterator

import psycopg
from msgspec import Struct

from metering.ledger.audit.invariants import INVARIANTS
from metering.ledger.audit.openings import wrong_openings
from metering.ledger.audit.tiling import broken_windows

MAX_VIOLATIONS = 1_000
"""For each invariant; a ledger that is broken further than this needs no longer list."""
DEFAULT_GRACE_S = 30


class Violation(Struct, frozen=True, kw_only=True):
    """One row that breaks one invariant."""

    invariant: str
    table: str
    id: str
    expected: str
    actual: str


def verify_ledger(conninfo: str, *, grace_s: int = DEFAULT_GRACE_S) -> list[Violation]:
    """Return every violation, on one consistent snapshot while the gateway goes on working.

    `grace_s` is how long past its lease a hold may wait for the sweeper. Raises psycopg.Error if
    the database cannot be read.
    """
    with psycopg.connect(conninfo) as connection:
        return verify_through(connection, grace_s=grace_s)


def verify_through(connection: psycopg.Connection, *, grace_s: int = DEFAULT_GRACE_S) -> list[Violation]:
    """As `verify_ledger`, through a connection that is in no transaction, and that only reads from then on."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    with connection.transaction():
        connection.execute("SET LOCAL work_mem = '256MB'")
        connection.execute("SET LOCAL jit = off")
        # Large aggregates are faster without workers here, and the gateway keeps its processors.
        connection.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        return list(_violations(connection, grace_s))


def _violations(connection: psycopg.Connection, grace_s: int) -> Iterator[Violation]:
    for invariant in INVARIANTS:
        rows = connection.execute(f"{invariant.query} LIMIT {MAX_VIOLATIONS}", {"grace_s": grace_s})
        for id_, expected, actual in rows:
            yield Violation(
                invariant=invariant.name,
                table=invariant.table,
                id=str(id_),
                expected=str(expected),
                actual=str(actual),
            )
    for meter_id, shown, opened in wrong_openings(connection, MAX_VIOLATIONS):
        yield Violation(
            invariant="opening_is_what_was_used",
            table="metering_usagemeter",
            id=str(meter_id),
            expected=str(shown),
            actual=str(opened),
        )
    for meter_id, expected, actual in broken_windows(connection, MAX_VIOLATIONS):
        yield Violation(
            invariant="windows_tile",
            table="metering_usagemeter",
            id=str(meter_id),
            expected=expected,
            actual=actual,
        )
