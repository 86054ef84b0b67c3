"""What must be true of the attempts: they are numbered, and the entries are their sum."""

from metering.amounts import AMOUNTS, COLUMNS, sums
from metering.ledger.audit.invariant import ATTEMPT, ENTRY, Invariant
from metering.ledger.use import IS_USE


def _shown(row: str) -> str:
    """Return SQL for the amounts of a row with their names, as text."""
    words = " ".join([f"{name} %%s" for name in COLUMNS])
    return f"format('{words}', {', '.join([f'{row}.{name}' for name in COLUMNS])})"


SUMS = Invariant(
    "entry_is_its_attempts",
    ENTRY,
    f"""
SELECT reservation_id, 'the sum of its attempts', CASE WHEN entries = 0 THEN 'attempts without any entry' ELSE
    'off by ' || {_shown("both_sides")} || format('; requests %%s', requests) END
FROM (
    SELECT reservation_id, sum(entries) AS entries, bool_or(is_use) AS is_use, {sums(AMOUNTS)}
    FROM (
        SELECT reservation_id, 1 AS entries, requests, NULL AS is_use, {", ".join(COLUMNS)}
        FROM metering_ledgerentry WHERE kind <> 5
        UNION ALL
        SELECT reservation_id, 0, 0, {IS_USE}, {", ".join(f"-{name}" for name in COLUMNS)} FROM metering_usagelog
    ) side GROUP BY reservation_id
) both_sides
WHERE entries = 0 OR {" OR ".join(f"{name} <> 0" for name in COLUMNS)}
    -- A call whose attempts all failed is no request, but was one before that was decided.
    OR CASE requests WHEN 0 THEN is_use ELSE is_use IS NULL END
""",  # noqa: S608 - constants of this package
)

BOUND = Invariant(
    "expired_at_its_bound",
    ENTRY,
    f"""
SELECT entry.id, 'the bound: ' || {_shown("held")}, {_shown("entry")}
FROM metering_ledgerentry entry JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE entry.kind = 3 AND ({" OR ".join(f"entry.{name} <> held.{name}" for name in COLUMNS)})
""",  # noqa: S608 - constants of this package
)

NUMBERS = Invariant(
    "attempts_numbered",
    ATTEMPT,
    """
SELECT reservation_id, format('attempts 1 to %%s', max(attempt)), format('%%s attempts', count(*))
FROM metering_usagelog GROUP BY reservation_id HAVING count(*) <> max(attempt) OR min(attempt) <> 1
""",
)

IDS = Invariant(
    "attempt_id_derived",
    ATTEMPT,
    """
SELECT id, format('attempt %%s of reservation %%s', attempt, reservation_id), 'another id'
FROM metering_usagelog
WHERE left(id::text, 32) <> left(reservation_id::text, 32)
    OR ('x' || right(id::text, 4))::bit(16) # ('x' || right(reservation_id::text, 4))::bit(16) <> attempt::int::bit(16)
""",
)
