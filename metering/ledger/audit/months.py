"""What must be true of months that are closed."""

from metering.ledger.audit.invariant import BALANCE, HOLD, Invariant

BALANCES = Invariant(
    "closing_balances",
    BALANCE,
    """
WITH charged AS (
    SELECT date_trunc('month', metering_moment(entry.id) AT TIME ZONE 'UTC')::date AS month, line.meter_id,
        sum(line.charge) AS total
    FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge) GROUP BY 1, 2
)
SELECT format('%%s/%%s', period.month, coalesce(charged.meter_id, balance.meter_id)), coalesce(charged.total, 0),
    coalesce(balance.charged::text, 'no closing balance')
FROM metering_ledgerperiod period
JOIN (charged FULL JOIN metering_closingbalance balance USING (month, meter_id)) USING (month)
WHERE period.state = 'sealed' AND balance.charged IS DISTINCT FROM coalesce(charged.total, 0)
""",
)

FINISHED = Invariant(
    "sealed_is_finished",
    HOLD,
    """
SELECT held.id, format('ended and resolved before %%s was %%s', period.month, period.state),
    CASE WHEN held.state = 0 THEN 'held' ELSE 'provisional' END
FROM metering_usagereservation held JOIN metering_ledgerperiod period
    ON period.month = date_trunc('month', metering_moment(held.id) AT TIME ZONE 'UTC')::date
WHERE period.state <> 'open' AND (held.state = 0 OR held.provisional)
""",
)
