"""The statements that add rows. What a row shares with its reservation is copied from it there."""

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

INSERT_ALERTS = """
INSERT INTO metering_quotaalert (id, tenant_id, meter_id, budget_id, subject_type, subject_id, dimension, "window",
    window_start, window_end, timezone, threshold, episode, used, held, requested, "limit", raised_at)
SELECT new.id, meter.tenant_id, meter.id, meter.budget_id, meter.subject_type, meter.subject_id, meter.dimension,
    meter."window", meter.window_start, meter.window_end, meter.timezone, new.threshold, new.episode, new.used,
    new.held, new.requested, new."limit", clock_timestamp()
FROM unnest(%s::uuid[], %s::bigint[], %s::smallint[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[]) AS new (id, meter_id, threshold, episode, used, held, requested, "limit")
JOIN metering_usagemeter meter ON meter.id = new.meter_id
ON CONFLICT (meter_id, threshold, episode) DO NOTHING
"""
