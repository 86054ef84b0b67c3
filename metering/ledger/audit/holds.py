"""What must be true of the reservations."""

from metering.ledger.audit.invariant import HOLD, Invariant

PARALLEL = Invariant(
    "hold_lines_parallel",
    HOLD,
    """
SELECT id, 'four arrays of one length', format('%%s meters, %%s amounts, %%s unenforced, %%s flags',
    cardinality(meter_ids), cardinality(amounts), cardinality(unenforced), cardinality(flags))
FROM metering_usagereservation
WHERE NOT (cardinality(meter_ids) = cardinality(amounts) AND cardinality(amounts) = cardinality(unenforced)
    AND cardinality(unenforced) = cardinality(flags))
""",
)

AMOUNTS = Invariant(
    "hold_amounts",
    HOLD,
    """
SELECT id, 'amounts not below zero, and no more past the limit than is held',
    format('amounts %%s, unenforced %%s', amounts, unenforced)
FROM metering_usagereservation
WHERE 0 > ANY (amounts) OR 0 > ANY (unenforced)
    -- Only few holds went past a limit: the others need no look at each line.
    OR 0 <> ANY (unenforced)
        AND EXISTS (SELECT FROM unnest(amounts, unenforced) line (amount, past) WHERE past > amount)
""",
)

ENDED = Invariant(
    "hold_ended",
    HOLD,
    """
SELECT id, CASE WHEN state = 0 THEN 'no end' ELSE 'an end' END, coalesce(ended_at::text, 'none')
FROM metering_usagereservation WHERE (state = 0) <> (ended_at IS NULL)
""",
)

OVERDUE = Invariant(
    "nothing_overdue",
    HOLD,
    """
SELECT id, format('ended by %%s', lease_expires_at + %(grace_s)s * interval '1 second'), 'still held'
FROM metering_usagereservation
WHERE state = 0 AND lease_expires_at + %(grace_s)s * interval '1 second' < clock_timestamp()
""",
)
