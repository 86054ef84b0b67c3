"""Usage rows of the last 35 days: half of them of the largest tenant, a quarter of the next, and so on.

A conversation has ten calls of one person, about one thing, mostly with one model.
"""

import psycopg

from metering.ledger.partitions import create_statements, month_of, month_plus

CHUNK = 500_000
DAYS = 35
FILL = """
WITH facts AS MATERIALIZED (
    SELECT array_agg(id ORDER BY slug <> 'tenant-1', slug) AS tenants FROM metering_tenant
), people AS MATERIALIZED (
    SELECT tenant_id, array_agg(id ORDER BY email) AS users FROM metering_user WHERE email LIKE 'user-%%' GROUP BY 1
), teams AS MATERIALIZED (
    SELECT tenant_id, array_agg(id ORDER BY slug) AS teams FROM metering_team GROUP BY 1
), calls AS MATERIALIZED (
    SELECT n, talk, (lpad(to_hex(ms), 12, '0') || '7' || left(random, 3) || '8' || right(random, 15))::uuid AS id,
        to_timestamp(ms / 1000.0) AS at,
        (SELECT tenants FROM facts)[1 + least(49, floor(
            -ln(1 - (hashint8(talk) & 1048575) / 1048576.0) * 1.45)::int)] AS tenant_id,
        hashint8(talk + 7) & 2147483647 AS c, hashint8(n + 7) & 2147483647 AS h
    FROM generate_series(%(since)s, %(until)s - 1) n, md5(n::text) random,
    LATERAL (SELECT n / 400 * 40 + n %% 40 AS talk) talks,
    LATERAL (SELECT (1000 * (extract(epoch FROM now()) - 120 - %(seconds)s * (1 - (n - %(from)s)::float8
        / (%(to)s - %(from)s))))::bigint AS ms) times
)
INSERT INTO metering_usagelog (id, reservation_id, attempt, tenant_id, task, request_id, request_model, response_model,
    model_class, provider_name, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens,
    api_calls, files, steps, cost_nano_usd, latency_ms, outcome, estimated, started_at, recorded_at, token_id, team_id,
    user_id, agent_id, conversation_id, tags)
SELECT (left(id::text, 35) || translate(right(id::text, 1), '0123456789abcdef', '1032547698badcfe'))::uuid,
    id, 1, calls.tenant_id, (ARRAY['LLM0_CHAT', 'LLM2_DRAFT', 'LLM1_PRIOR_ART'])[1 + c %% 3], 'req_bench',
    'model-' || model, 'model', (ARRAY['BASE_S', 'BASE_M', 'PRO_M', 'PRO_L'])[1 + model / 2], 'vendor-' || model %% 4,
    200 + h %% 3000, 20 + h %% 700, h %% 200, 0, 0, 0, 0, 0, 100000 + h %% 9000000, 80 + h %% 12000,
    CASE WHEN h %% 80 = 0 THEN 'error' ELSE 'ok' END, false, at, at + interval '2 seconds',
    users[1 + c %% 40], teams[1 + c %% 5], users[1 + c %% 40],
    CASE WHEN c %% 10 = 0 THEN 'agent ' || c %% 30 END,
    'conversation ' || talk, CASE WHEN c %% 2 = 0 THEN ARRAY['project=p' || c %% 12] ELSE '{}' END
FROM calls JOIN people USING (tenant_id) JOIN teams USING (tenant_id),
    LATERAL (SELECT (c + (h %% 5 = 0)::int) %% 8 AS model) models
"""
INDEXES = """
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = 'metering_usagelog'::regclass AND NOT indisprimary
"""


def fill(conninfo: str, *, since: int, until: int) -> None:
    """So many more rows, spread over the days like those before; the indexes are made afterwards, as that is faster."""
    with psycopg.connect(conninfo, autocommit=True, options="-c synchronous_commit=off") as connection:
        row = connection.execute("SELECT now()").fetchone()
        month = month_of(row[0]) if row else None
        if month is None:
            raise RuntimeError("the database tells no time")
        for behind in (1, 2):
            for statement in create_statements(month_plus(month, -behind)):
                connection.execute(statement.encode())
        indexes = connection.execute(INDEXES).fetchall()
        for drop, _ in indexes:
            connection.execute(drop.encode())
        for start in range(since, until, CHUNK):
            bounds = {"since": start, "until": min(start + CHUNK, until), "from": since, "to": until}
            connection.execute(FILL, {**bounds, "seconds": DAYS * 86_400})
        for _, create in indexes:
            connection.execute(create.replace(" ON ONLY ", " ON ").encode())
        connection.execute("VACUUM ANALYZE metering_usagelog")
        connection.execute("CHECKPOINT")
        print(f"usage log: {until:,} rows", flush=True)
