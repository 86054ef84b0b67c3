"""The ledger's own connections are durable, and cannot hold others up for long."""

from psycopg import AsyncConnection

LOCK_TIMEOUT_MS = 3_000
IDLE_TRANSACTION_TIMEOUT_MS = 2_000
"""Shorter than the lock timeout: a frozen process (SIGSTOP) loses its locks before others give up waiting."""
TRANSACTION_TIMEOUT_MS = 2_500
"""For a process frozen in the middle of a pipeline, where its session does not count as idle."""
FIRST_WITH_TRANSACTION_TIMEOUT = 170_000
STATEMENT_TIMEOUT_MS = 4_000

SETTINGS = {
    "application_name": "gateway-ledger",
    "synchronous_commit": "on",
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(IDLE_TRANSACTION_TIMEOUT_MS),
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "jit": "off",
    # Every statement finds its rows by key. A generic plan made while the tables were small would scan them; these
    # settings leave it the indexes, and store.py has it made again before it walks a whole one that has grown.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
CONNECT_TIMEOUT_S = 2
"""For each host of the address."""


async def connect(conninfo: str) -> AsyncConnection:
    """Return a connection in autocommit mode with the ledger's settings. Raises psycopg.OperationalError."""
    connection = await AsyncConnection.connect(
        conninfo,
        autocommit=True,
        prepare_threshold=0,
        connect_timeout=CONNECT_TIMEOUT_S,
        keepalives=1,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=8_000,
    )
    settings = dict(SETTINGS)
    if connection.info.server_version >= FIRST_WITH_TRANSACTION_TIMEOUT:
        settings["transaction_timeout"] = str(TRANSACTION_TIMEOUT_MS)
    try:
        await connection.execute(
            "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS settings (name, value)",
            (list(settings), list(settings.values())),
        )
    except BaseException:
        await connection.close()
        raise
    return connection
