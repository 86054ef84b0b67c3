"""What must be true of the ledger's rows, as queries that find the rows of which it is not.

Each query answers (id, expected, actual). Months that were dropped count through their closing balances.
"""

from msgspec import Struct


class Invariant(Struct, frozen=True):
    """A named truth about one table."""

    name: str
    table: str
    query: str


METER, HOLD = "metering_usagemeter", "metering_usagereservation"
ENTRY, ATTEMPT = "metering_ledgerentry", "metering_usagelog"

USED = """
WITH charged AS (
    SELECT meter_id, sum(charge) AS total FROM (
        SELECT line.meter_id, line.charge FROM metering_ledgerentry, unnest(meter_ids, charges) line (meter_id, charge)
        UNION ALL
        SELECT meter_id, charged FROM metering_closingbalance
        JOIN metering_ledgerperiod period USING (month) WHERE period.state = 'dropped'
    ) every GROUP BY meter_id
)
SELECT coalesce(meter.id, charged.meter_id), coalesce(charged.total, 0), coalesce(meter.used::text, 'no such meter')
FROM metering_usagemeter meter FULL JOIN charged ON charged.meter_id = meter.id
WHERE meter.used IS DISTINCT FROM coalesce(charged.total, 0)
"""

HELD = """
WITH holding AS (
    SELECT line.meter_id, sum(line.amount) AS total
    FROM metering_usagereservation, unnest(meter_ids, amounts) line (meter_id, amount)
    WHERE state = 0 GROUP BY line.meter_id
)
SELECT coalesce(meter.id, holding.meter_id), coalesce(holding.total, 0), coalesce(meter.held::text, 'no such meter')
FROM metering_usagemeter meter FULL JOIN holding ON holding.meter_id = meter.id
WHERE meter.held IS DISTINCT FROM coalesce(holding.total, 0)
"""

ENTRY_IS_ATTEMPTS = """
SELECT reservation_id, 'the sum of its attempts', CASE WHEN sum(entries) = 0 THEN 'attempts without any entry' ELSE
    format('off by input %%s, output %%s, cost %%s, api_calls %%s, files %%s, steps %%s',
        sum(i), sum(o), sum(c), sum(a), sum(f), sum(s)) END
FROM (
    SELECT reservation_id, 1 AS entries, input_tokens AS i, output_tokens AS o, cost_nano_usd AS c, api_calls AS a,
        files AS f, steps AS s
    FROM metering_ledgerentry WHERE kind <> 5
    UNION ALL
    SELECT reservation_id, 0, -input_tokens, -output_tokens, -cost_nano_usd, -api_calls, -files, -steps
    FROM metering_usagelog
) both_sides
GROUP BY reservation_id
HAVING sum(entries) = 0 OR sum(i) <> 0 OR sum(o) <> 0 OR sum(c) <> 0 OR sum(a) <> 0 OR sum(f) <> 0 OR sum(s) <> 0
"""

ENTRY_CHARGES = """
SELECT entry.id, format('meter %%s: %%s %%s', meter.id, due.amount, meter.dimension), line.charge
FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge)
JOIN metering_usagemeter meter ON meter.id = line.meter_id,
LATERAL (SELECT CASE meter.dimension WHEN 'requests' THEN entry.requests WHEN 'input_tokens' THEN entry.input_tokens
    WHEN 'output_tokens' THEN entry.output_tokens WHEN 'tokens' THEN entry.input_tokens + entry.output_tokens
    WHEN 'cost' THEN entry.cost_nano_usd WHEN 'api_calls' THEN entry.api_calls WHEN 'files' THEN entry.files
    WHEN 'steps' THEN entry.steps ELSE 0 END AS amount) due
WHERE entry.kind IN (1, 2, 5) AND meter.subject_type <> 'provider' AND line.charge <> due.amount
"""

TERMINAL_ENTRY = """
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
"""

ENTRY_HAS_RESERVATION = """
SELECT entry.id, 'a reservation, or a sealed month', 'none'
FROM metering_ledgerentry entry LEFT JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE held.id IS NULL AND NOT EXISTS (
    SELECT FROM metering_ledgerperiod period WHERE period.state <> 'open'
    AND period.month = date_trunc('month', uuid_extract_timestamp(entry.id) AT TIME ZONE 'UTC')::date
)
"""

NO_OVERSPEND = """
SELECT id, format('at most %%s + overrun %%s + unenforced %%s + uncovered %%s', highest_limit, overrun, unenforced,
    uncovered), format('used %%s + held %%s', used, held)
FROM metering_usagemeter
WHERE used::numeric + held > highest_limit::numeric + overrun + unenforced + uncovered
"""

UNENFORCED = """
WITH admitted AS (
    SELECT line.meter_id, sum(line.past) AS total
    FROM metering_usagereservation held, unnest(meter_ids, unenforced) line (meter_id, past)
    GROUP BY line.meter_id
)
SELECT meter.id, format('at least %%s', admitted.total), meter.unenforced
FROM metering_usagemeter meter JOIN admitted ON admitted.meter_id = meter.id
WHERE meter.unenforced < admitted.total
"""

TENANTS = """
SELECT entry.id, format('tenant %%s, as the reservation', held.tenant_id), entry.tenant_id::text
FROM metering_ledgerentry entry JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE held.tenant_id <> entry.tenant_id
"""

TENANTS_OF_ATTEMPTS = """
SELECT attempt.id, format('tenant %%s, as its entry', entry.tenant_id), attempt.tenant_id::text
FROM metering_usagelog attempt JOIN metering_ledgerentry entry
    ON entry.id = attempt.reservation_id
WHERE entry.tenant_id <> attempt.tenant_id
"""

TENANTS_OF_METERS = """
SELECT entry.id, format('meters of tenant %%s', entry.tenant_id),
    format('meter %%s of tenant %%s', meter.id, meter.tenant_id)
FROM metering_ledgerentry entry, unnest(entry.meter_ids) line (meter_id)
JOIN metering_usagemeter meter ON meter.id = line.meter_id
WHERE meter.tenant_id <> entry.tenant_id
"""

TENANTS_OF_HOLDS = """
SELECT held.id, format('meters of tenant %%s', held.tenant_id),
    format('meter %%s of tenant %%s', meter.id, meter.tenant_id)
FROM metering_usagereservation held, unnest(held.meter_ids) line (meter_id)
JOIN metering_usagemeter meter ON meter.id = line.meter_id
WHERE held.state = 0 AND meter.tenant_id <> held.tenant_id
"""

OVERDUE = """
SELECT id, format('ended by %%s', lease_expires_at + %(grace_s)s * interval '1 second'), 'still held'
FROM metering_usagereservation
WHERE state = 0 AND lease_expires_at + %(grace_s)s * interval '1 second' < clock_timestamp()
"""

HOLD_LINES = """
SELECT id, 'four arrays of one length', format('%%s meters, %%s amounts, %%s unenforced, %%s flags',
    cardinality(meter_ids), cardinality(amounts), cardinality(unenforced), cardinality(flags))
FROM metering_usagereservation
WHERE NOT (cardinality(meter_ids) = cardinality(amounts) AND cardinality(amounts) = cardinality(unenforced)
    AND cardinality(unenforced) = cardinality(flags))
"""

CLOSING_BALANCES = """
WITH charged AS (
    SELECT date_trunc('month', uuid_extract_timestamp(entry.id) AT TIME ZONE 'UTC')::date AS month, line.meter_id,
        sum(line.charge) AS total
    FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge) GROUP BY 1, 2
)
SELECT format('%%s/%%s', period.month, coalesce(charged.meter_id, balance.meter_id)), coalesce(charged.total, 0),
    coalesce(balance.charged::text, 'no closing balance')
FROM metering_ledgerperiod period
JOIN (charged FULL JOIN metering_closingbalance balance USING (month, meter_id)) USING (month)
WHERE period.state = 'sealed' AND balance.charged IS DISTINCT FROM coalesce(charged.total, 0)
"""

INVARIANTS = (
    Invariant("meter_used", METER, USED),
    Invariant("meter_held", METER, HELD),
    Invariant("entry_is_its_attempts", ENTRY, ENTRY_IS_ATTEMPTS),
    Invariant("entry_charges", ENTRY, ENTRY_CHARGES),
    Invariant("one_terminal_entry", HOLD, TERMINAL_ENTRY),
    Invariant("entry_has_reservation", ENTRY, ENTRY_HAS_RESERVATION),
    Invariant("no_overspend", METER, NO_OVERSPEND),
    Invariant("unenforced_declared", METER, UNENFORCED),
    Invariant("tenants_apart", ENTRY, TENANTS),
    Invariant("tenants_apart", ATTEMPT, TENANTS_OF_ATTEMPTS),
    Invariant("tenants_apart", ENTRY, TENANTS_OF_METERS),
    Invariant("tenants_apart", HOLD, TENANTS_OF_HOLDS),
    Invariant("nothing_overdue", HOLD, OVERDUE),
    Invariant("hold_lines_parallel", HOLD, HOLD_LINES),
    Invariant("closing_balances", "metering_closingbalance", CLOSING_BALANCES),
)
