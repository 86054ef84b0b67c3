"""One connection for each process that LISTENs for changes; the triggers of migration 0005 NOTIFY.

Triggers and not Django's signals, so that bulk updates and plain SQL count. The connection must be a direct one:
a pooler in transaction mode would listen on somebody else's behalf.

That nothing came does not prove that nothing happened: the cable may be cut. So every quarter of a second the
database is asked to answer. An answer follows all notices of what was committed before the question, and
moves on the moment up to which the process knows everything (`Changes.complete_up_to`). What is asked is whether the
server still takes writes: on one that was demoted nothing changes any more, and the primary is looked for again.
"""

import asyncio
import logging
import random
from contextlib import suppress
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from metering.snapshots.changes import Changes

CHANNEL = "metering_changes"
HEARTBEAT_S = 0.25
ANSWER_LIMIT_S = 2.0
RETRY_S = 0.2
CONNECT_LIMIT_S = 3
logger = logging.getLogger(__name__)


class ChangeListener:
    """Feeds `Changes` with what the database tells. Belongs to the event loop that started it."""

    def __init__(self, conninfo: str, changes: Changes) -> None:
        self._conninfo = conninfo
        self._changes = changes
        self._tenants: set[UUID] = set()
        self._everybody = False
        self._due = False
        self._task: asyncio.Task[None] | None = None
        self._first_try = asyncio.Event()

    async def start(self) -> None:
        """Listen from now on. Returns after the first try, whatever came of it."""
        self._task = asyncio.create_task(self._look_after(), name="changes.listen")
        await self._first_try.wait()

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look_after(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError, TimeoutError) as error:
                logger.warning("changes.deaf", extra={"error": type(error).__name__})
            except Exception:
                logger.exception("changes.broke")
            self._first_try.set()
            await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311

    async def _listen(self) -> None:
        connection = await AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            connect_timeout=CONNECT_LIMIT_S,
            application_name="gateway changes",
        )
        try:
            await connection.execute(f"LISTEN {CHANNEL}")
            # What changed before was not heard; what is being read now may be from before.
            self._changes.tell(None)
            self._changes.complete_up_to(self._changes.clock())
            self._first_try.set()
            logger.info("changes.listening")
            while True:
                await self._hear(connection, HEARTBEAT_S)
                asked_s = self._changes.clock()
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    await _still_takes_writes(connection)
                await self._hear(connection, 0)  # what came with the answer
                self._tell()
                self._changes.complete_up_to(asked_s)
        finally:
            with suppress(psycopg.Error, OSError):
                await connection.close()

    async def _hear(self, connection: "AsyncConnection[tuple[object, ...]]", timeout_s: float) -> None:
        async for notice in connection.notifies(timeout=timeout_s):
            self._note(notice.payload)

    def _note(self, payload: str) -> None:
        """`table tenant`: notices that arrive together are told together."""
        _, _, tenant = payload.partition(" ")
        try:
            self._tenants.add(UUID(tenant))
        except ValueError:
            self._everybody = True
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._due = False
        if self._everybody or self._tenants:
            tenants = None if self._everybody else frozenset(self._tenants)
            self._tenants.clear()
            self._everybody = False
            self._changes.tell(tenants)


async def _still_takes_writes(connection: "AsyncConnection[tuple[object, ...]]") -> None:
    """Raises psycopg.OperationalError if the server does not."""
    cursor = await connection.execute("SHOW transaction_read_only")
    if await cursor.fetchone() != ("off",):
        raise psycopg.OperationalError("The server takes no writes any more.")
