"""The statements of a batch under locks. Every lock is taken in ascending order of id: reservations, then meters."""

from metering.ledger.postgres import columns
from metering.ledger.postgres.read import ENTRY, HELD, METER
from metering.ledger.postgres.table import assigned, insert, names, replaced, rows
from metering.ledger.records import Watch

CLOCK = "SELECT clock_timestamp()"

LOCK_HOLDS = f"""
SELECT {names(HELD)} FROM metering_usagereservation
WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - constants of this file

LOCK_FREE_HOLDS = LOCK_HOLDS.rstrip() + " SKIP LOCKED"

HOLDS_BY_KEY = f"""
SELECT {names(HELD)} FROM metering_usagereservation
WHERE (tenant_id, idempotency_key) IN (SELECT * FROM unnest(%s::uuid[], %s::text[]))
AND idempotency_key IS NOT NULL
"""  # noqa: S608 - constants of this file

FIND_HOLDS = "SELECT id FROM metering_usagereservation WHERE id = ANY(%s::uuid[])"

FIND_KEYS = """
SELECT id FROM metering_usagereservation
WHERE (tenant_id, idempotency_key) IN (SELECT * FROM unnest(%s::uuid[], %s::text[])) AND idempotency_key IS NOT NULL
"""

LOCK_AND_READ_METERS = f"""
SELECT {names(METER)} FROM metering_usagemeter WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - constants of this file

READ_WATCHES = f"""
SELECT meter_id, budget_id::text, {names(Watch.__struct_fields__)}
FROM metering_limitwatch WHERE meter_id = ANY(%s::bigint[])
"""  # noqa: S608 - constants of these files

ENTRIES_BY_ID = f"SELECT {names(ENTRY)} FROM metering_ledgerentry WHERE id = ANY(%s::uuid[])"  # noqa: S608

SHARE_PERIODS = (
    "SELECT month, state FROM metering_ledgerperiod WHERE month = ANY(%s::date[]) ORDER BY month FOR SHARE"
)

UPDATE_ENDS = f"""
UPDATE metering_usagereservation held SET {assigned(columns.ENDED_HOLD[1:])}, ended_at = clock_timestamp(),
    idempotency_key = CASE WHEN new.state <> 2 THEN held.idempotency_key END
FROM {rows(columns.ENDED_HOLD)} WHERE held.id = new.id
"""  # noqa: S608 - constants of these files

FREE_KEYS = "UPDATE metering_usagereservation SET idempotency_key = NULL WHERE id = ANY(%s::uuid[])"

UPDATE_EXTENDED = f"""
UPDATE metering_usagereservation held SET {assigned(columns.EXTENDED_HOLD[1:])},
    lease_expires_at = greatest(held.lease_expires_at, clock_timestamp() + new.lease_s * interval '1 second')
FROM {rows(columns.EXTENDED_HOLD)} WHERE held.id = new.id
"""  # noqa: S608 - constants of these files

UPDATE_METERS = f"""
UPDATE metering_usagemeter meter SET {assigned(columns.METER[1:])} FROM {rows(columns.METER)} WHERE meter.id = new.id
"""  # noqa: S608 - constants of these files

ARM_METERS = f"""
UPDATE metering_usagemeter meter SET {assigned(columns.ARMED_METER[1:])}
FROM {rows(columns.ARMED_METER, unnested=2)} WHERE meter.id = new.id
"""  # noqa: S608 - constants of these files

KEEP_WATCHES = f"""
{insert("metering_limitwatch", columns.WATCH, unnested=5)}
ON CONFLICT (meter_id, budget_id) DO UPDATE SET {replaced(columns.WATCH[2:])}
"""

UPDATE_MOVED = f"""
UPDATE metering_usagereservation held SET {assigned(columns.MOVED_HOLD[1:])}
FROM {rows(columns.MOVED_HOLD)} WHERE held.id = new.id
"""  # noqa: S608 - constants of these files
"""What is corrected later is about the vendor that served."""

COUNT_AGAIN = f"""
INSERT INTO metering_meterrecount (meter_id, due_at)
SELECT DISTINCT meter.id, clock_timestamp()
FROM {rows(columns.CORRECTED, unnested=2)}
JOIN metering_usagereservation held ON held.id = new.id
JOIN metering_usagemeter meter ON (meter.tenant_id = new.tenant_id OR meter.tenant_id IS NULL)
    AND (meter.opened_late OR meter.counted_at = '1970-01-01 00:00:00+00') AND NOT meter.retired
    AND metering_moment(new.id) >= meter.window_start
    AND (meter.window_end IS NULL OR metering_moment(new.id) < meter.window_end)
    AND NOT meter.id = ANY(new.meter_ids::bigint[])
    AND meter.task IN ('', held.task) AND meter.model_class IN ('', held.model_class)
    AND CASE meter.subject_type WHEN 'team' THEN meter.subject_id = coalesce(held.team_id::text, '')
        WHEN 'user' THEN meter.subject_id = coalesce(held.user_id::text, held.token_id::text, '')
        WHEN 'token' THEN meter.subject_id = coalesce(held.token_id::text, '')
        WHEN 'agent' THEN meter.subject_id = held.agent_id
        WHEN 'tag' THEN meter.subject_id = ANY(held.tags)
        WHEN 'conversation' THEN meter.subject_id = held.conversation_id ELSE true END
"""  # noqa: S608 - constants of this file
"""Meters that were opened, or are being opened, after a call began whose truth comes out now, and count what the usage
log shows of it."""
