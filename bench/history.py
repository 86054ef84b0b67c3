"""A usage log with a past: settled calls of one tenant, spread over the month so far."""

from uuid import UUID

import psycopg

CHUNK = 250_000
OWNER = UUID(int=2)
"""The tenant whose calls they are."""
COST_NANO_USD, TOKENS = 1_000_000, 1_000
"""Of each."""
AGENTS_CALLS = 1_000
"""One call in so many is the agent's of AGENT; one in ten is some agent's, and all are of one token."""
AGENT = "agent 0"

HISTORY = """
WITH ids AS MATERIALIZED (
    SELECT (lpad(to_hex(ms), 12, '0') || '7' || left(random, 3) || '8' || right(random, 15))::uuid AS id, n
    FROM generate_series(1, %(count)s) n, md5(n::text) random,
    LATERAL (SELECT 1000 * (extract(epoch FROM now()) - %(seconds)s * (1 - (n + %(from)s)::float / %(rows)s)) AS at_ms),
    LATERAL (SELECT at_ms::bigint AS ms)
    ORDER BY n
), holds AS (
    INSERT INTO metering_usagereservation (id, tenant_id, state, version, provisional, created_at, lease_expires_at,
        ended_at, body_digest, meter_ids, amounts, unenforced, flags, input_tokens, output_tokens, cost_nano_usd,
        api_calls, files, steps, task, request_id, request_model, model_class, provider_name)
    SELECT id, %(tenant)s, 1, 1, false, now(), now(), now(), 0, '{}', '{}', '{}', '{}', 500, 1000, 2000000, 0, 0, 0,
        'LLM0_CHAT', 'req_history', 'sandbox-small', 'BASE_S', 'sandbox' FROM ids
), entries AS (
    INSERT INTO metering_ledgerentry SELECT id, id, %(tenant)s, 1, now(), '{}', '{}', 1, 400, 600, 1000000, 0, 0, 0
    FROM ids
)
INSERT INTO metering_usagelog (id, reservation_id, attempt, tenant_id, task, request_id, request_model, response_model,
    model_class, provider_name, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens,
    api_calls, files, steps, cost_nano_usd, latency_ms, outcome, estimated, started_at, recorded_at, token_id,
    agent_id)
SELECT (left(id::text, 35) || translate(right(id::text, 1), '0123456789abcdef', '1032547698badcfe'))::uuid,
    id, 1, %(tenant)s, 'LLM0_CHAT', 'req_history', 'sandbox-small', 'sandbox-small-1', 'BASE_S', 'sandbox',
    400, 600, 0, 0, 0, 0, 0, 0, 1000000, 120, 'ok', false, now(), now(), %(tenant)s,
    CASE WHEN n %% 10 = 0 THEN 'agent ' || n %% 1000 END FROM ids
"""


def write_history(conninfo: str, rows: int) -> None:
    """So many calls, in the month and partitions that the measured calls use."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        seconds = (
            connection.execute(
                "SELECT extract(epoch FROM now() - date_trunc('month', now(), 'UTC'))"
            ).fetchone()
            or (0,)
        )[0]
        for start in range(0, rows, CHUNK):
            connection.execute(
                HISTORY,
                {
                    "seconds": min(float(seconds) * 0.99, 30 * 86_400),
                    "from": start,
                    "rows": rows,
                    "count": CHUNK,
                    "tenant": OWNER,
                },
            )
        print(f"usage log: {rows:,} rows", flush=True)
        for table in ("metering_usagereservation", "metering_usagelog", "metering_ledgerentry"):
            connection.execute(f"VACUUM ANALYZE {table}")
        connection.execute("CHECKPOINT")
