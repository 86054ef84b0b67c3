"""What must be true of the entries: each is derived from one reservation, and charges what it counted."""

from metering.ledger.audit.invariant import ENTRY, HOLD, Invariant

TERMINAL = Invariant(
    "one_terminal_entry",
    HOLD,
    """
WITH entries AS (
    SELECT reservation_id, array_agg(kind ORDER BY kind) FILTER (WHERE kind <= 3) AS terminal,
        count(*) FILTER (WHERE kind = 4) AS true_ups
    FROM metering_ledgerentry GROUP BY reservation_id
)
SELECT held.id,
    format('terminal entries %%s, true-ups %%s', CASE WHEN held.state = 0 THEN '{}' ELSE '{' || held.state || '}' END,
        CASE WHEN held.state = 3 AND NOT held.provisional THEN 1 ELSE 0 END),
    format('terminal entries %%s, true-ups %%s', coalesce(entries.terminal::text, '{}'), coalesce(entries.true_ups, 0))
FROM metering_usagereservation held LEFT JOIN entries ON entries.reservation_id = held.id
WHERE coalesce(entries.terminal, '{}') <> CASE WHEN held.state = 0 THEN '{}'::smallint[] ELSE ARRAY[held.state] END
    OR coalesce(entries.true_ups, 0) <> CASE WHEN held.state = 3 AND NOT held.provisional THEN 1 ELSE 0 END
""",
)

RESERVATION = Invariant(
    "entry_has_reservation",
    ENTRY,
    """
SELECT entry.id, 'a reservation, or a sealed month', 'none'
FROM metering_ledgerentry entry LEFT JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE held.id IS NULL AND NOT EXISTS (
    SELECT FROM metering_ledgerperiod period WHERE period.state <> 'open'
    AND period.month = date_trunc('month', metering_moment(entry.id) AT TIME ZONE 'UTC')::date
)
""",
)

IDS = Invariant(
    "entry_id_derived",
    ENTRY,
    """
SELECT id, format('an id derived from reservation %%s', reservation_id), format('kind %%s', kind)
FROM metering_ledgerentry
WHERE CASE WHEN kind <= 3 THEN id <> reservation_id
    ELSE left(id::text, 32) <> left(reservation_id::text, 32) OR (kind = 4) <>
        (('x' || right(id::text, 4))::bit(16) # ('x' || right(reservation_id::text, 4))::bit(16) = 1::bit(16)) END
""",
)

LINES = Invariant(
    "entry_lines",
    ENTRY,
    """
SELECT entry.id, format('the meters of its reservation, %%s', held.meter_ids), entry.meter_ids
FROM metering_ledgerentry entry JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE entry.meter_ids <> held.meter_ids
""",
)

REQUESTS = Invariant(
    "entry_requests",
    ENTRY,
    """
SELECT id, CASE kind WHEN 1 THEN '0 or 1 requests' WHEN 2 THEN '0 requests' WHEN 3 THEN '1 request'
    ELSE '0 or -1 requests' END, requests
FROM metering_ledgerentry
WHERE NOT CASE kind WHEN 1 THEN requests IN (0, 1) WHEN 2 THEN requests = 0 WHEN 3 THEN requests = 1
    WHEN 4 THEN requests IN (0, -1) ELSE true END
""",
)
