"""The statements that add rows. What a row shares with its reservation is copied from it there."""

from metering.ledger.postgres.sql_rows import rows

NEW_HOLD_COLUMNS = """tenant_id uuid, state smallint, version int, lease_s int, body_digest bigint,
meter_ids text, amounts text, unenforced text, flags text, input_tokens bigint, output_tokens bigint,
cost_nano_usd bigint, api_calls bigint, files bigint, steps bigint, team_id uuid, user_id uuid, token_id uuid,
task text, request_id text, request_model text, model_class text, provider_name text, agent_id text,
microdao_id text, channel_id text, conversation_id text, trace_id text, idempotency_key text,
idempotency_digest bigint"""

_INSERT_HOLDS = f"""
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
FROM clock_timestamp() moment, {rows("id uuid", NEW_HOLD_COLUMNS)}
"""  # noqa: S608 - constants of this file

INSERT_HOLDS = f"{_INSERT_HOLDS} ORDER BY id"

INSERT_FORESEEN_HOLDS = f"""{_INSERT_HOLDS}
WHERE (SELECT 1 / (count(*) = 0)::int FROM metering_usagereservation WHERE id = ANY($1)) = 1 ORDER BY id
"""  # noqa: S608 - constants of this file
"""Fails (22012) where a reserve came before. Its insert would fail too, but first it would wait, with the meters
locked, for whoever is ending the reservation just now, and he for the meters."""

LOG_COLUMNS = """id, reservation_id, attempt, tenant_id, team_id, user_id, token_id, task, request_id,
request_model, response_model, model_class, provider_name, input_tokens, output_tokens, cached_input_tokens,
cache_write_tokens, reasoning_tokens, api_calls, files, steps, cost_nano_usd, latency_ms, outcome, estimated,
started_at, recorded_at, agent_id, microdao_id, channel_id, conversation_id, trace_id, partly_priced,
service_tier, estimate_reason, reported"""

REPLACE_PROVISIONAL = """
ON CONFLICT (id) DO UPDATE SET response_model = excluded.response_model, provider_name = excluded.provider_name,
    input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
    cached_input_tokens = excluded.cached_input_tokens, cache_write_tokens = excluded.cache_write_tokens,
    reasoning_tokens = excluded.reasoning_tokens, api_calls = excluded.api_calls, files = excluded.files,
    steps = excluded.steps, cost_nano_usd = excluded.cost_nano_usd, latency_ms = excluded.latency_ms,
    outcome = excluded.outcome, estimated = excluded.estimated, started_at = excluded.started_at,
    recorded_at = excluded.recorded_at, partly_priced = excluded.partly_priced,
    service_tier = excluded.service_tier, estimate_reason = excluded.estimate_reason, reported = excluded.reported
WHERE metering_usagelog.outcome = 'provisional'
"""

ATTEMPT_TEXTS = """id uuid, response_model text, provider_name text, outcome text, service_tier text,
estimate_reason text, reported text"""

ATTEMPT_COLUMNS = """reservation_id uuid, attempt smallint, input_tokens bigint, output_tokens bigint,
cached_input_tokens bigint, cache_write_tokens bigint, reasoning_tokens bigint, api_calls bigint, files bigint,
steps bigint, cost_nano_usd bigint, latency_ms int, estimated boolean, started_at timestamptz,
partly_priced boolean"""

INSERT_FORESEEN_ATTEMPTS = f"""
INSERT INTO metering_usagelog ({LOG_COLUMNS})
SELECT new.id, held.id, new.attempt, held.tenant_id, held.team_id, held.user_id, held.token_id, held.task,
    held.request_id, held.request_model, new.response_model, held.model_class, new.provider_name,
    coalesce(new.input_tokens, 0), coalesce(new.output_tokens, 0), coalesce(new.cached_input_tokens, 0),
    coalesce(new.cache_write_tokens, 0), coalesce(new.reasoning_tokens, 0), coalesce(new.api_calls, 0),
    coalesce(new.files, 0), coalesce(new.steps, 0), coalesce(new.cost_nano_usd, 0), coalesce(new.latency_ms, 0),
    new.outcome, new.estimated, new.started_at, clock_timestamp(),
    held.agent_id, held.microdao_id, held.channel_id, held.conversation_id, held.trace_id,
    coalesce(new.partly_priced, false), coalesce(new.service_tier, ''), coalesce(new.estimate_reason, ''),
    coalesce(new.reported, '')
FROM {rows(ATTEMPT_TEXTS, ATTEMPT_COLUMNS)}
JOIN metering_usagereservation held ON held.id = new.reservation_id
"""  # noqa: S608 - constants of this file
"""A hold that was foreseen as held has no provisional attempt."""

INSERT_ATTEMPTS = f"{INSERT_FORESEEN_ATTEMPTS} {REPLACE_PROVISIONAL}"

INSERT_PROVISIONAL = f"""
INSERT INTO metering_usagelog ({LOG_COLUMNS})
SELECT new.id, held.id, 1, held.tenant_id, held.team_id, held.user_id, held.token_id, held.task, held.request_id,
    held.request_model, '', held.model_class, held.provider_name, held.input_tokens * charged,
    held.output_tokens * charged, 0, 0, 0, held.api_calls * charged, held.files * charged, held.steps * charged,
    held.cost_nano_usd * charged, 0, new.outcome, charged = 1, held.created_at, clock_timestamp(),
    held.agent_id, held.microdao_id, held.channel_id, held.conversation_id, held.trace_id,
    false, '', CASE charged WHEN 1 THEN 'unanswered' ELSE '' END, ''
FROM {rows("id uuid", "reservation_id uuid, outcome text, charged int")}
JOIN metering_usagereservation held ON held.id = new.reservation_id
{REPLACE_PROVISIONAL}
"""  # noqa: S608 - constants of this file

ENTRY_COLUMNS = """reservation_id uuid, tenant_id uuid, kind smallint, meter_ids text, charges text,
requests bigint, input_tokens bigint, output_tokens bigint, cost_nano_usd bigint, api_calls bigint, files bigint,
steps bigint, reason text"""

INSERT_ENTRIES = f"""
INSERT INTO metering_ledgerentry (id, reservation_id, tenant_id, kind, recorded_at, meter_ids, charges, requests,
    input_tokens, output_tokens, cost_nano_usd, api_calls, files, steps, reason)
SELECT id, reservation_id, tenant_id, kind, clock_timestamp(), meter_ids::bigint[], charges::bigint[],
    coalesce(requests, 0), coalesce(input_tokens, 0), coalesce(output_tokens, 0), coalesce(cost_nano_usd, 0),
    coalesce(api_calls, 0), coalesce(files, 0), coalesce(steps, 0), reason
FROM {rows("id uuid", ENTRY_COLUMNS)}
"""  # noqa: S608 - constants of this file

ALERT_COLUMNS = """meter_id bigint, budget_id uuid, threshold smallint, episode int, used bigint, held bigint,
requested bigint, "limit" bigint"""

INSERT_ALERTS = f"""
INSERT INTO metering_quotaalert (id, tenant_id, meter_id, budget_id, subject_type, subject_id, dimension, "window",
    window_start, window_end, timezone, threshold, episode, used, held, requested, "limit", raised_at)
SELECT new.id, meter.tenant_id, meter.id, new.budget_id, meter.subject_type, meter.subject_id, meter.dimension,
    meter."window", meter.window_start, meter.window_end, meter.timezone, new.threshold, new.episode, new.used,
    new.held, new.requested, new."limit", clock_timestamp()
FROM {rows("id uuid", ALERT_COLUMNS)}
JOIN metering_usagemeter meter ON meter.id = new.meter_id
ON CONFLICT (meter_id, budget_id, threshold, episode) DO NOTHING
"""  # noqa: S608 - constants of this file
