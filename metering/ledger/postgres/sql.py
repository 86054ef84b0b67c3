"""The statements of a batch. Every lock is taken in ascending order of id: reservations first, then meters."""

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
SELECT id, budget_id::text, subject_type, subject_id, dimension, window_end, used, held, overrun, unenforced,
    highest_limit, alert_at, watched_limit, thresholds, alerted, rearms_at, episodes
FROM metering_usagemeter WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""

ENTRIES_BY_ID = """
SELECT id, reservation_id, tenant_id, kind, meter_ids, charges, requests, input_tokens, output_tokens,
cost_nano_usd, api_calls, files, steps, reason FROM metering_ledgerentry WHERE id = ANY(%s::uuid[])
"""

SHARE_PERIODS = (
    "SELECT month, state FROM metering_ledgerperiod WHERE month = ANY(%s::date[]) ORDER BY month FOR SHARE"
)

INSERT_HOLDS = """
INSERT INTO metering_usagereservation (id, tenant_id, state, version, provisional, created_at, lease_expires_at,
    ended_at, body_digest, meter_ids, amounts, unenforced, flags, input_tokens, output_tokens, cost_nano_usd,
    api_calls, files, steps, team_id, user_id, token_id, task, request_id, request_model, model_class, provider_name,
    agent_id, microdao_id, channel_id, conversation_id, trace_id, idempotency_key, idempotency_digest)
SELECT id, tenant_id, state, version, false, moment, moment + lease_s * interval '1 second',
    CASE WHEN state <> 0 THEN moment END, body_digest, meter_ids::bigint[], amounts::bigint[], unenforced::bigint[],
    flags::smallint[], coalesce(input_tokens, 0), coalesce(output_tokens, 0), coalesce(cost_nano_usd, 0),
    coalesce(api_calls, 0), coalesce(files, 0), coalesce(steps, 0), team_id, user_id,
    token_id, task, request_id, request_model, model_class, provider_name, agent_id, microdao_id, channel_id,
    conversation_id, trace_id, idempotency_key, idempotency_digest
FROM clock_timestamp() moment, unnest(%s::uuid[], %s::uuid[], %s::smallint[], %s::int[], %s::int[], %s::bigint[],
    %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])
    AS new (id, tenant_id, state, version, lease_s, body_digest, meter_ids, amounts, unenforced, flags,
    input_tokens, output_tokens, cost_nano_usd, api_calls, files, steps, team_id, user_id, token_id, task, request_id,
    request_model, model_class, provider_name, agent_id, microdao_id, channel_id, conversation_id, trace_id,
    idempotency_key, idempotency_digest)
ORDER BY id
"""

UPDATE_ENDS = """
UPDATE metering_usagereservation held SET state = new.state, provisional = new.provisional,
    end_digest = new.end_digest, unenforced = new.unenforced::bigint[], ended_at = clock_timestamp(),
    idempotency_key = CASE WHEN new.state <> 2 THEN held.idempotency_key END
FROM unnest(%s::uuid[], %s::smallint[], %s::boolean[], %s::bigint[], %s::text[])
    AS new (id, state, provisional, end_digest, unenforced)
WHERE held.id = new.id
"""

FREE_KEYS = "UPDATE metering_usagereservation SET idempotency_key = NULL WHERE id = ANY(%s::uuid[])"

UPDATE_EXTENDED = """
UPDATE metering_usagereservation held SET version = new.version,
    lease_expires_at = greatest(held.lease_expires_at, clock_timestamp() + new.lease_s * interval '1 second'),
    meter_ids = new.meter_ids::bigint[], amounts = new.amounts::bigint[], unenforced = new.unenforced::bigint[],
    flags = new.flags::smallint[], input_tokens = coalesce(new.input_tokens, 0),
    output_tokens = coalesce(new.output_tokens, 0), cost_nano_usd = coalesce(new.cost_nano_usd, 0),
    api_calls = coalesce(new.api_calls, 0), files = coalesce(new.files, 0), steps = coalesce(new.steps, 0)
FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS new (id, version, lease_s, meter_ids, amounts, unenforced, flags, input_tokens, output_tokens, cost_nano_usd,
    api_calls, files, steps)
WHERE held.id = new.id
"""

ATTEMPT_COLUMNS = """id, reservation_id, attempt, tenant_id, team_id, user_id, token_id, task, request_id,
request_model, response_model, model_class, provider_name, input_tokens, output_tokens, cached_input_tokens,
cache_write_tokens, reasoning_tokens, api_calls, files, steps, cost_nano_usd, latency_ms, outcome, estimated,
started_at, recorded_at, agent_id, microdao_id, channel_id, conversation_id, trace_id"""

REPLACE_PROVISIONAL = """
ON CONFLICT (id) DO UPDATE SET response_model = excluded.response_model, provider_name = excluded.provider_name,
    input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    cached_input_tokens = excluded.cached_input_tokens, cache_write_tokens = excluded.cache_write_tokens,
    reasoning_tokens = excluded.reasoning_tokens, api_calls = excluded.api_calls, files = excluded.files,
    steps = excluded.steps, cost_nano_usd = excluded.cost_nano_usd, latency_ms = excluded.latency_ms,
    outcome = excluded.outcome, estimated = excluded.estimated, started_at = excluded.started_at,
    recorded_at = excluded.recorded_at
WHERE metering_usagelog.outcome = 'provisional'
"""

INSERT_ATTEMPTS = f"""
INSERT INTO metering_usagelog ({ATTEMPT_COLUMNS})
SELECT new.id, held.id, new.attempt, held.tenant_id, held.team_id, held.user_id, held.token_id, held.task,
    held.request_id, held.request_model, new.response_model, held.model_class, new.provider_name,
    coalesce(new.input_tokens, 0), coalesce(new.output_tokens, 0), coalesce(new.cached_input_tokens, 0),
    coalesce(new.cache_write_tokens, 0), coalesce(new.reasoning_tokens, 0), coalesce(new.api_calls, 0),
    coalesce(new.files, 0), coalesce(new.steps, 0), coalesce(new.cost_nano_usd, 0), coalesce(new.latency_ms, 0),
    new.outcome, new.estimated, new.started_at, clock_timestamp(),
    held.agent_id, held.microdao_id, held.channel_id, held.conversation_id, held.trace_id
FROM unnest(%s::uuid[], %s::uuid[], %s::smallint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::text[],
    %s::boolean[], %s::timestamptz[])
    AS new (id, reservation_id, attempt, response_model, provider_name, input_tokens, output_tokens,
    cached_input_tokens, cache_write_tokens, reasoning_tokens, api_calls, files, steps, cost_nano_usd, latency_ms,
    outcome, estimated, started_at)
JOIN metering_usagereservation held ON held.id = new.reservation_id
{REPLACE_PROVISIONAL}
"""  # noqa: S608 - constants of this file

INSERT_PROVISIONAL = f"""
INSERT INTO metering_usagelog ({ATTEMPT_COLUMNS})
SELECT new.id, held.id, 1, held.tenant_id, held.team_id, held.user_id, held.token_id, held.task, held.request_id,
    held.request_model, '', held.model_class, held.provider_name, held.input_tokens * charged,
    held.output_tokens * charged, 0, 0, 0, held.api_calls * charged, held.files * charged, held.steps * charged,
    held.cost_nano_usd * charged, 0, new.outcome, charged = 1, held.created_at, clock_timestamp(),
    held.agent_id, held.microdao_id, held.channel_id, held.conversation_id, held.trace_id
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::int[]) AS new (id, reservation_id, outcome, charged)
JOIN metering_usagereservation held ON held.id = new.reservation_id
{REPLACE_PROVISIONAL}
"""  # noqa: S608 - constants of this file

INSERT_ENTRIES = """
INSERT INTO metering_ledgerentry (id, reservation_id, tenant_id, kind, recorded_at, meter_ids, charges, requests,
    input_tokens, output_tokens, cost_nano_usd, api_calls, files, steps, reason)
SELECT id, reservation_id, tenant_id, kind, clock_timestamp(), meter_ids::bigint[], charges::bigint[],
    coalesce(requests, 0), coalesce(input_tokens, 0), coalesce(output_tokens, 0), coalesce(cost_nano_usd, 0),
    coalesce(api_calls, 0), coalesce(files, 0), coalesce(steps, 0), reason
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::smallint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[])
    AS new (id, reservation_id, tenant_id, kind, meter_ids, charges, requests, input_tokens, output_tokens,
    cost_nano_usd, api_calls, files, steps, reason)
"""

UPDATE_METERS = """
UPDATE metering_usagemeter meter SET used = coalesce(new.used, 0), held = coalesce(new.held, 0),
    overrun = coalesce(new.overrun, 0), unenforced = coalesce(new.unenforced, 0), highest_limit = new.highest_limit
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS new (id, used, held, overrun, unenforced, highest_limit)
WHERE meter.id = new.id
"""

LOCK_ENDING = (
    "SELECT id FROM metering_usagereservation WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
)
LOCK_CHANGING = (
    "SELECT id FROM metering_usagemeter WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
)
"""An UPDATE ... FROM locks in whatever order its plan has; these lock in order of id."""

FORESEEN_ENDS = """
WITH ended AS (
    UPDATE metering_usagereservation held SET state = new.state, end_digest = new.end_digest,
        ended_at = clock_timestamp()
    FROM unnest(%s::uuid[], %s::int[], %s::smallint[], %s::bigint[]) AS new (id, version, state, end_digest)
    WHERE held.id = new.id AND held.version = new.version AND held.state = 0
    RETURNING held.id
)
SELECT 1 / (count(*) = %s::bigint)::int FROM ended
"""
"""Fails (22012) unless every hold is as it was foreseen."""

FORESEEN_NEW = """
SELECT 1 / (count(*) = 0)::int FROM metering_usagereservation WHERE id = ANY(%s::uuid[])
"""
"""Fails (22012) where a reserve came before. Its insert would fail too, but first it would wait, with the meters
locked, for whoever is ending the reservation just now, and he for the meters."""

FORESEEN_METERS = """
WITH changed AS (
    UPDATE metering_usagemeter meter SET used = meter.used + new.used, held = meter.held + new.held,
        highest_limit = greatest(meter.highest_limit, new.highest_limit)
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[])
        AS new (id, used, held, highest_limit, most, is_open)
    WHERE meter.id = new.id AND meter.used + meter.held <= new.most
    AND CASE meter."window" WHEN 'none' THEN meter.held + new.held ELSE meter.used + new.used END < meter.alert_at
    AND (meter.rearms_at IS NULL OR clock_timestamp() < meter.rearms_at)
    AND (new.highest_limit = 0 OR meter.thresholds = '' OR new.highest_limit = meter.watched_limit)
    AND (NOT new.is_open OR (clock_timestamp() >= meter.window_start
        AND (meter.window_end IS NULL OR clock_timestamp() < meter.window_end)))
    RETURNING meter.id, meter.used, meter.held
)
SELECT array_agg(id), array_agg(used), array_agg(held), 1 / (count(*) = %s::bigint)::int FROM changed
"""
"""Fails (22012) unless every meter has the room, and is of the window, that was foreseen, and no alert is due."""

UPDATE_WATCHES = """
UPDATE metering_usagemeter meter SET alert_at = new.alert_at, watched_limit = new.watched_limit,
    thresholds = new.thresholds, alerted = new.alerted, rearms_at = new.rearms_at, episodes = new.episodes
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[], %s::int[])
    AS new (id, alert_at, watched_limit, thresholds, alerted, rearms_at, episodes)
WHERE meter.id = new.id
"""

INSERT_ALERTS = """
INSERT INTO metering_quotaalert (id, tenant_id, meter_id, budget_id, subject_type, subject_id, dimension, "window",
    window_start, window_end, timezone, threshold, episode, used, held, requested, "limit", raised_at)
SELECT uuidv7(), meter.tenant_id, meter.id, meter.budget_id, meter.subject_type, meter.subject_id, meter.dimension,
    meter."window", meter.window_start, meter.window_end, meter.timezone, new.threshold, new.episode, new.used,
    new.held, new.requested, new."limit", clock_timestamp()
FROM unnest(%s::bigint[], %s::smallint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS new (meter_id, threshold, episode, used, held, requested, "limit")
JOIN metering_usagemeter meter ON meter.id = new.meter_id
ON CONFLICT (meter_id, threshold, episode) DO NOTHING
"""
