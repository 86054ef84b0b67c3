"""Tenants are never mixed: whoever reserves, pays, from meters of their own or shared ones."""

from metering.ledger.audit.invariant import ATTEMPT, ENTRY, HOLD, Invariant

OF_ENTRIES = Invariant(
    "tenants_apart",
    ENTRY,
    """
SELECT entry.id, format('tenant %%s, as the reservation', held.tenant_id), entry.tenant_id::text
FROM metering_ledgerentry entry JOIN metering_usagereservation held ON held.id = entry.reservation_id
WHERE held.tenant_id <> entry.tenant_id
""",
)

OF_ATTEMPTS = Invariant(
    "tenants_apart",
    ATTEMPT,
    """
SELECT attempt.id, format('tenant %%s, as its entry', entry.tenant_id), attempt.tenant_id::text
FROM metering_usagelog attempt JOIN metering_ledgerentry entry
    ON entry.id = attempt.reservation_id
WHERE entry.tenant_id <> attempt.tenant_id
""",
)

OF_CHARGES = Invariant(
    "tenants_apart",
    ENTRY,
    """
SELECT entry.id, format('meters of tenant %%s', entry.tenant_id),
    format('meter %%s of tenant %%s', meter.id, meter.tenant_id)
FROM metering_ledgerentry entry, unnest(entry.meter_ids) line (meter_id)
JOIN metering_usagemeter meter ON meter.id = line.meter_id
WHERE meter.tenant_id <> entry.tenant_id
""",
)

OF_HOLDS = Invariant(
    "tenants_apart",
    HOLD,
    """
SELECT held.id, format('meters of tenant %%s', held.tenant_id),
    format('meter %%s of tenant %%s', meter.id, meter.tenant_id)
FROM metering_usagereservation held, unnest(held.meter_ids) line (meter_id)
JOIN metering_usagemeter meter ON meter.id = line.meter_id
WHERE held.state = 0 AND meter.tenant_id <> held.tenant_id
""",
)
