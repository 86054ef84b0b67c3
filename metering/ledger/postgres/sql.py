"""The statements of a batch under locks. Every lock is taken in ascending order of id: reservations, then meters."""

from metering.ledger.postgres.sql_rows import rows

CLOCK = "SELECT clock_timestamp()"

HOLD_COLUMNS = """id, tenant_id, state, version, provisional, lease_expires_at, body_digest, end_digest, meter_ids,
amounts, unenforced, flags, input_tokens, output_tokens, cost_nano_usd, api_calls, files, steps, provider_name,
idempotency_key, idempotency_digest"""

LOCK_HOLDS = f"""
SELECT {HOLD_COLUMNS} FROM metering_usagereservation
WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""  # noqa: S608 - constants of this file

LOCK_FREE_HOLDS = LOCK_HOLDS.rstrip() + " SKIP LOCKED"

HOLDS_BY_KEY = f"""
SELECT {HOLD_COLUMNS} FROM metering_usagereservation
WHERE (tenant_id, idempotency_key) IN (SELECT * FROM unnest(%s::uuid[], %s::text[]))
AND idempotency_key IS NOT NULL
"""  # noqa: S608 - constants of this file

FIND_HOLDS = "SELECT id FROM metering_usagereservation WHERE id = ANY(%s::uuid[])"

FIND_KEYS = """
SELECT id FROM metering_usagereservation
WHERE (tenant_id, idempotency_key) IN (SELECT * FROM unnest(%s::uuid[], %s::text[])) AND idempotency_key IS NOT NULL
"""

LOCK_METERS = """
SELECT id, subject_type, subject_id, task, model_class, dimension, "window", window_end, used, held, overrun,
    unenforced, highest_limit, alert_at, watching, rearms_at
FROM metering_usagemeter WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""

WATCHES = """
SELECT meter_id, budget_id::text, "limit", thresholds, alerted, rearms_at, episodes
FROM metering_limitwatch WHERE meter_id = ANY(%s::bigint[])
"""

ENTRIES_BY_ID = """
SELECT id, reservation_id, tenant_id, kind, meter_ids, charges, requests, input_tokens, output_tokens,
cost_nano_usd, api_calls, files, steps, reason FROM metering_ledgerentry WHERE id = ANY(%s::uuid[])
"""

SHARE_PERIODS = (
    "SELECT month, state FROM metering_ledgerperiod WHERE month = ANY(%s::date[]) ORDER BY month FOR SHARE"
)

UPDATE_ENDS = f"""
UPDATE metering_usagereservation held SET state = new.state, provisional = new.provisional,
    end_digest = new.end_digest, unenforced = new.unenforced::bigint[], ended_at = clock_timestamp(),
    idempotency_key = CASE WHEN new.state <> 2 THEN held.idempotency_key END
FROM {rows("id uuid", "state smallint, provisional boolean, end_digest bigint, unenforced text")}
WHERE held.id = new.id
"""  # noqa: S608 - constants of this file

FREE_KEYS = "UPDATE metering_usagereservation SET idempotency_key = NULL WHERE id = ANY(%s::uuid[])"

EXTENDED_COLUMNS = (
    "version int, lease_s int, meter_ids text, amounts text, unenforced text, flags text,"
    "input_tokens bigint, output_tokens bigint, cost_nano_usd bigint, api_calls bigint, files bigint, steps bigint"
)

UPDATE_EXTENDED = f"""
UPDATE metering_usagereservation held SET version = new.version,
    lease_expires_at = greatest(held.lease_expires_at, clock_timestamp() + new.lease_s * interval '1 second'),
    meter_ids = new.meter_ids::bigint[], amounts = new.amounts::bigint[], unenforced = new.unenforced::bigint[],
    flags = new.flags::smallint[], input_tokens = coalesce(new.input_tokens, 0),
    output_tokens = coalesce(new.output_tokens, 0), cost_nano_usd = coalesce(new.cost_nano_usd, 0),
    api_calls = coalesce(new.api_calls, 0), files = coalesce(new.files, 0), steps = coalesce(new.steps, 0)
FROM {rows("id uuid", EXTENDED_COLUMNS)}
WHERE held.id = new.id
"""  # noqa: S608 - constants of this file

UPDATE_METERS = f"""
UPDATE metering_usagemeter meter SET used = coalesce(new.used, 0), held = coalesce(new.held, 0),
    overrun = coalesce(new.overrun, 0), unenforced = coalesce(new.unenforced, 0), highest_limit = new.highest_limit
FROM {rows("id bigint", "used bigint, held bigint, overrun bigint, unenforced bigint, highest_limit bigint")}
WHERE meter.id = new.id
"""  # noqa: S608 - constants of this file

ARM_METERS = f"""
UPDATE metering_usagemeter meter SET alert_at = new.alert_at, watching = new.watching, rearms_at = new.rearms_at
FROM {rows("id bigint, rearms_at timestamptz", "alert_at bigint, watching bigint")}
WHERE meter.id = new.id
"""  # noqa: S608 - constants of this file

WATCH_TEXTS = "meter_id bigint, budget_id uuid, thresholds text, alerted text, rearms_at timestamptz"

KEEP_WATCHES = f"""
INSERT INTO metering_limitwatch (meter_id, budget_id, thresholds, alerted, rearms_at, "limit", episodes)
SELECT new.meter_id, new.budget_id, new.thresholds, new.alerted, new.rearms_at, new.most, new.episodes
FROM {rows(WATCH_TEXTS, "most bigint, episodes int")}
ON CONFLICT (meter_id, budget_id) DO UPDATE SET thresholds = excluded.thresholds, alerted = excluded.alerted,
    rearms_at = excluded.rearms_at, "limit" = excluded."limit", episodes = excluded.episodes
"""  # noqa: S608 - constants of this file

COUNT_AGAIN = f"""
INSERT INTO metering_meterrecount (meter_id, due_at)
SELECT DISTINCT meter.id, clock_timestamp()
FROM {rows("id uuid, meter_ids text", "tenant_id uuid")}
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
        WHEN 'agent' THEN meter.subject_id = held.agent_id ELSE true END
"""  # noqa: S608 - constants of this file
"""Meters that were opened, or are being opened, after a call began whose truth comes out now, and count what the usage
log shows of it."""
