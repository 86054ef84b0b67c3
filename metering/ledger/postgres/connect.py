"""The ledger's own connections are durable, lead to the primary, and cannot hold others up for long."""

import asyncio

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
PROOF_TIMEOUT_S = 3
PROOF = "SELECT pg_logical_emit_message(true, 'gateway-ledger', 'connected')"
"""A transaction that writes nothing but a line of the write-ahead log (PostgreSQL documentation, 9.28.6)."""


async def connect(conninfo: str) -> AsyncConnection:
    """Return a connection in autocommit mode with the ledger's settings, to a server that is proven to be the primary.

    Who connects again may have lost the answer to a COMMIT, and is about to ask whether it was done. A server can show
    a transaction that its synchronous standby never got: one that crashed while the COMMIT waited for the standby.
    What such a server answers would be lost by a failover. So a connection begins with a COMMIT of its own, which is
    answered only once the standby has everything up to it; a standby, or a demoted server, refuses it.

    Raises psycopg.Error or TimeoutError.
    """
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
        async with asyncio.timeout(PROOF_TIMEOUT_S):
            await connection.execute(
                "SELECT set_config(name, value, false)"
                " FROM unnest(%s::text[], %s::text[]) AS settings (name, value)",
                (list(settings), list(settings.values())),
            )
            await connection.execute(PROOF)
    except BaseException:
        await connection.close()
        raise
    return connection
