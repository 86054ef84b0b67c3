"""What must be true of the charges: every line charges what its entry, or its hold, says."""

from metering.amounts import AMOUNTS, COLUMNS, charge_sql, sums
from metering.ledger.audit.invariant import ENTRY, HOLD, Invariant
from metering.ledger.use import IS_USE

COUNTED = Invariant(
    "entry_charges",
    ENTRY,
    f"""
SELECT entry.id, format('meter %%s: %%s %%s', meter.id, due.amount, meter.dimension), line.charge
FROM metering_ledgerentry entry, unnest(entry.meter_ids, entry.charges) line (meter_id, charge)
JOIN metering_usagemeter meter ON meter.id = line.meter_id,
LATERAL (SELECT {charge_sql("entry")} AS amount) due
WHERE line.charge <> due.amount AND CASE meter.subject_type WHEN 'provider'
    THEN entry.kind = 2 OR (entry.kind = 5 AND line.charge <> 0) ELSE entry.kind IN (1, 2, 5) END
""",  # noqa: S608 - constants of this package
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
    f"""
WITH entry AS (
    SELECT reservation_id, {sums(AMOUNTS)}
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
LATERAL (SELECT {charge_sql("entry")} AS amount) due
WHERE meter.subject_type <> 'provider' AND charged.charge <> due.amount
""",  # noqa: S608 - constants of this package
)

# What failed at this vendor is no request of its, but was one before that was decided.
REQUESTS_OF_VENDOR = (
    "CASE WHEN spent.is_use OR NOT spent.is_use AND charged.charge <> 0 THEN charged.requests END"
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
    SELECT reservation_id, provider_name, {sums(COLUMNS)}, bool_or({IS_USE}) AS is_use
    FROM metering_usagelog WHERE EXISTS (SELECT FROM charged) GROUP BY 1, 2
)
SELECT charged.reservation_id, format('meter %%s: %%s %%s', meter.id, due.amount, meter.dimension), charged.charge
FROM charged JOIN metering_usagemeter meter ON meter.id = charged.meter_id
LEFT JOIN spent ON spent.reservation_id = charged.reservation_id AND spent.provider_name = meter.subject_id,
LATERAL (SELECT coalesce({charge_sql("spent", requests=REQUESTS_OF_VENDOR)}, 0)
    AS amount) due
WHERE charged.charge <> due.amount
""",  # noqa: S608 - constants of this package
)
