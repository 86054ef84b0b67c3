"""What must be true of the meters. Months that were dropped count through their closing balances.

Where reservations may have been purged, overrun, unenforced and uncovered can only be proved from below.
"""

from metering.ledger.audit.invariant import METER, Invariant

USED = Invariant(
    "meter_used",
    METER,
    """
WITH charged AS (
    SELECT meter_id, sum(charge) AS total FROM (
        SELECT line.meter_id, line.charge FROM metering_ledgerentry, unnest(meter_ids, charges) line (meter_id, charge)
        UNION ALL
        SELECT meter_id, charged FROM metering_closingbalance
        JOIN metering_ledgerperiod period USING (month) WHERE period.state = 'dropped'
        UNION ALL
        SELECT meter_id, amount FROM metering_openingentry
    ) every GROUP BY meter_id
)
SELECT coalesce(meter.id, charged.meter_id), coalesce(charged.total, 0), coalesce(meter.used::text, 'no such meter')
FROM metering_usagemeter meter FULL JOIN charged ON charged.meter_id = meter.id
WHERE meter.used IS DISTINCT FROM coalesce(charged.total, 0)
""",
)

HELD = Invariant(
    "meter_held",
    METER,
    """
WITH holding AS (
    SELECT line.meter_id, sum(line.amount) AS total
    FROM metering_usagereservation, unnest(meter_ids, amounts) line (meter_id, amount)
    WHERE state = 0 GROUP BY line.meter_id
)
SELECT coalesce(meter.id, holding.meter_id), coalesce(holding.total, 0), coalesce(meter.held::text, 'no such meter')
FROM metering_usagemeter meter FULL JOIN holding ON holding.meter_id = meter.id
WHERE meter.held IS DISTINCT FROM coalesce(holding.total, 0)
""",
)

NO_OVERSPEND = Invariant(
    "no_overspend",
    METER,
    """
SELECT id, format('at most %%s + overrun %%s + unenforced %%s + uncovered %%s', highest_limit, overrun, unenforced,
    uncovered), format('used %%s + held %%s', used, held)
FROM metering_usagemeter
WHERE used::numeric + held > highest_limit::numeric + overrun + unenforced + uncovered
""",
)

OVERRUN = Invariant(
    "overrun_declared",
    METER,
    """
WITH beyond AS (
    SELECT meter_id, sum(excess) AS total FROM (
        SELECT line.meter_id, line.charge - line.amount AS excess
        FROM metering_ledgerentry entry JOIN metering_usagereservation held ON held.id = entry.reservation_id,
            unnest(entry.meter_ids, entry.charges, held.amounts) line (meter_id, charge, amount)
        WHERE entry.kind = 1 AND line.charge > line.amount
        UNION ALL
        SELECT line.meter_id, line.charge
        FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge)
        WHERE entry.kind IN (4, 5) AND line.charge > 0
    ) every GROUP BY meter_id
), closed AS (SELECT DISTINCT meter_id FROM metering_closingbalance)
SELECT meter.id, coalesce(beyond.total, 0), meter.overrun
FROM metering_usagemeter meter LEFT JOIN beyond ON beyond.meter_id = meter.id
    LEFT JOIN closed ON closed.meter_id = meter.id
WHERE meter.overrun < coalesce(beyond.total, 0)
    OR (meter.overrun > coalesce(beyond.total, 0) AND closed.meter_id IS NULL)
""",
)

UNENFORCED = Invariant(
    "unenforced_declared",
    METER,
    """
WITH admitted AS (
    SELECT meter_id, sum(past) AS total FROM (
        SELECT line.meter_id, line.past
        FROM metering_usagereservation held, unnest(meter_ids, unenforced, flags) line (meter_id, past, flags)
        WHERE line.flags & 2 = 0
        UNION ALL
        SELECT meter_id, past_limit FROM metering_openingentry
    ) every GROUP BY meter_id
), closed AS (SELECT DISTINCT meter_id FROM metering_closingbalance)
SELECT meter.id, coalesce(admitted.total, 0), meter.unenforced
FROM metering_usagemeter meter LEFT JOIN admitted ON admitted.meter_id = meter.id
    LEFT JOIN closed ON closed.meter_id = meter.id
WHERE meter.unenforced < coalesce(admitted.total, 0)
    OR (meter.unenforced > coalesce(admitted.total, 0) AND closed.meter_id IS NULL)
""",
)

UNCOVERED = Invariant(
    "uncovered_declared",
    METER,
    """
WITH spent AS (
    SELECT line.meter_id, sum(line.past) AS total
    FROM metering_usagereservation held, unnest(meter_ids, unenforced, flags) line (meter_id, past, flags)
    WHERE line.flags & 2 <> 0 GROUP BY line.meter_id
), closed AS (SELECT DISTINCT meter_id FROM metering_closingbalance)
SELECT meter.id, coalesce(spent.total, 0), meter.uncovered
FROM metering_usagemeter meter LEFT JOIN spent ON spent.meter_id = meter.id
    LEFT JOIN closed ON closed.meter_id = meter.id
WHERE meter.uncovered < coalesce(spent.total, 0)
    OR (meter.uncovered > coalesce(spent.total, 0) AND closed.meter_id IS NULL)
""",
)
