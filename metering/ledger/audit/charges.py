"""What must be true of the charges: every line charges what its entry, or its hold, says."""

from metering.ledger.audit.invariant import ENTRY, HOLD, Invariant
from metering.ledger.use import IS_USE

COUNTED = Invariant(
    "entry_charges",
    ENTRY,
    """
SELECT entry.id, format('meter %%s: %%s %%s', meter.id, due.amount, meter.dimension), line.charge
FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge)
JOIN metering_usagemeter meter ON meter.id = line.meter_id,
LATERAL (SELECT CASE meter.dimension WHEN 'requests' THEN entry.requests WHEN 'input_tokens' THEN entry.input_tokens
    WHEN 'output_tokens' THEN entry.output_tokens WHEN 'tokens' THEN entry.input_tokens + entry.output_tokens
    WHEN 'cost' THEN entry.cost_nano_usd WHEN 'api_calls' THEN entry.api_calls WHEN 'files' THEN entry.files
    WHEN 'steps' THEN entry.steps ELSE 0 END AS amount) due
WHERE line.charge <> due.amount AND CASE meter.subject_type WHEN 'provider'
    THEN entry.kind = 2 OR (entry.kind = 5 AND line.charge <> 0) ELSE entry.kind IN (1, 2, 5) END
""",
)

PROVISIONAL = Invariant(
    "provisional_charges",
    ENTRY,
    """
SELECT entry.id, format('meter %%s: %%s', meter.id, due.amount), line.charge
FROM metering_ledgerentry entry JOIN metering_usagereservation held ON held.id = entry.reservation_id,
unnest(entry.meter_ids, entry.charges, held.amounts, held.flags) line (meter_id, charge, amount, flags)
JOIN metering_usagemeter meter ON meter.id = line.meter_id,
LATERAL (SELECT CASE WHEN line.flags & 1 = 1 OR meter.dimension = 'concurrency' THEN 0 ELSE line.amount END
    AS amount) due
WHERE entry.kind = 3 AND line.charge <> due.amount
""",
)

TRUED_UP = Invariant(
    "true_up_charges",
    ENTRY,
    """
WITH entry AS (
    SELECT reservation_id, sum(requests) AS requests, sum(input_tokens) AS input_tokens,
        sum(output_tokens) AS output_tokens, sum(cost_nano_usd) AS cost_nano_usd, sum(api_calls) AS api_calls,
        sum(files) AS files, sum(steps) AS steps
    FROM metering_ledgerentry WHERE kind IN (3, 4) GROUP BY reservation_id HAVING count(*) = 2
), charged AS (
    SELECT first.id, first.reservation_id, line.meter_id, line.provisional + line.change AS charge
    FROM metering_ledgerentry first JOIN metering_ledgerentry second
        ON second.reservation_id = first.reservation_id AND second.kind = 4,
    unnest(first.meter_ids, first.charges, second.charges) line (meter_id, provisional, change)
    WHERE first.kind = 3
)
SELECT charged.id, format('meter %%s: %%s %%s', meter.id, due.amount, meter.dimension), charged.charge
FROM entry JOIN charged USING (reservation_id) JOIN metering_usagemeter meter ON meter.id = charged.meter_id,
LATERAL (SELECT CASE meter.dimension WHEN 'requests' THEN entry.requests WHEN 'input_tokens' THEN entry.input_tokens
    WHEN 'output_tokens' THEN entry.output_tokens WHEN 'tokens' THEN entry.input_tokens + entry.output_tokens
    WHEN 'cost' THEN entry.cost_nano_usd WHEN 'api_calls' THEN entry.api_calls WHEN 'files' THEN entry.files
    WHEN 'steps' THEN entry.steps ELSE 0 END AS amount) due
WHERE meter.subject_type <> 'provider' AND charged.charge <> due.amount
""",
)

PROVIDERS = Invariant(
    "provider_charges",
    HOLD,
    f"""
WITH charged AS (
    SELECT entry.reservation_id, line.meter_id, line.charge, entry.requests
    FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge)
    JOIN metering_usagemeter meter ON meter.id = line.meter_id AND meter.subject_type = 'provider'
    WHERE entry.kind = 1 -- one for each reservation: nothing to be added up
    UNION ALL
    SELECT entry.reservation_id, line.meter_id, sum(line.charge), sum(entry.requests)
    FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge)
    JOIN metering_usagemeter meter ON meter.id = line.meter_id AND meter.subject_type = 'provider'
    WHERE entry.kind IN (3, 4) GROUP BY 1, 2 HAVING bool_or(kind = 4)
), spent AS (
    SELECT reservation_id, provider_name, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
        sum(cost_nano_usd) AS cost, sum(api_calls) AS api_calls, sum(files) AS files, sum(steps) AS steps,
        bool_or({IS_USE}) AS is_use
    FROM metering_usagelog WHERE EXISTS (SELECT FROM charged) GROUP BY 1, 2
)
SELECT charged.reservation_id, format('meter %%s: %%s %%s', meter.id, due.amount, meter.dimension), charged.charge
FROM charged JOIN metering_usagemeter meter ON meter.id = charged.meter_id
LEFT JOIN spent ON spent.reservation_id = charged.reservation_id AND spent.provider_name = meter.subject_id,
LATERAL (SELECT coalesce(CASE meter.dimension WHEN 'requests' THEN
        -- What failed at this vendor is no request of its, but was one before that was decided.
        CASE WHEN spent.is_use OR NOT spent.is_use AND charged.charge <> 0 THEN charged.requests END
    WHEN 'input_tokens' THEN spent.input_tokens WHEN 'output_tokens' THEN spent.output_tokens
    WHEN 'tokens' THEN spent.input_tokens + spent.output_tokens WHEN 'cost' THEN spent.cost
    WHEN 'api_calls' THEN spent.api_calls WHEN 'files' THEN spent.files WHEN 'steps' THEN spent.steps END, 0)
    AS amount) due
WHERE charged.charge <> due.amount
""",  # noqa: S608 - constants of this package
)
