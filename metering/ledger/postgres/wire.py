"""Several prepared statements in one round trip, on libpq's pipeline mode (PostgreSQL documentation, 32.5).

psycopg's own pipeline costs about 100 microseconds of Python a statement; a batch has six to ten of them.
This sends them through psycopg's thin libpq wrapper instead, and reads the answers with its row loaders.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import psycopg
from psycopg import AsyncConnection, pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

Statement = tuple[str, Sequence[bytes]]
"""A statement and its parameters as text."""
Row = tuple[Any, ...]
StepObserver = Callable[[str], None]
"""Told when a batch comes to a named step: where faults are injected."""
OK = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


class Wire:
    """One connection, used by one batch at a time. Statements are prepared when first met."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self._pgconn = connection.pgconn
        self._names: dict[str, bytes] = {}
        self._numbers = count()
        self._rows = Transformer.from_context(connection)

    async def exchange(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Send all, wait once, and return each statement's rows.

        Raises the first psycopg.Error; the statements after the failed one were then not carried out.
        """
        pgconn = self._pgconn
        pgconn.enter_pipeline_mode()
        sent: list[bool] = []
        prepared: list[str] = []
        for text, parameters in statements:
            name = self._names.get(text)
            if name is None:
                name = self._names[text] = f"ledger_{next(self._numbers)}".encode()
                pgconn.send_prepare(name, numbered(text))
                prepared.append(text)
                sent.append(False)
            pgconn.send_query_prepared(name, parameters)
            sent.append(True)
        pgconn.pipeline_sync()
        results = await self._results(len(sent))
        pgconn.exit_pipeline_mode()
        for result in results:
            if result.status not in OK:
                for text in prepared:  # those after the failed statement were not prepared
                    del self._names[text]
                raise error_from_result(result)
        return [self._load(result) for result, wanted in zip(results, sent, strict=True) if wanted]

    async def commit(self, statements: Sequence[Statement], on_step: StepObserver | None) -> list[list[Row]]:
        """As exchange, with a COMMIT behind. It takes two round trips where a step is told of."""
        if on_step is None:
            return (await self.exchange([*statements, ("COMMIT", ())]))[:-1]
        rows = await self.exchange(statements)
        on_step("before_commit")
        await self.exchange([("COMMIT", ())])
        return rows

    def _load(self, result: pq.abc.PGresult) -> list[Row]:
        if not result.ntuples:
            return []
        self._rows.set_pgresult(result)
        return self._rows.load_rows(0, result.ntuples, tuple)

    async def _results(self, count: int) -> list[pq.abc.PGresult]:
        """Return the answers to `count` statements, once the pipeline's sync has come."""
        pgconn, loop = self._pgconn, asyncio.get_running_loop()
        socket = pgconn.socket
        if pgconn.flush():
            await self._flush(loop, socket)
        results: list[pq.abc.PGresult] = []
        while True:
            while pgconn.is_busy():
                await _wait(loop, socket, writable=False)
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:
                continue
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                break
            results.append(result)
        if len(results) != count:
            raise psycopg.OperationalError(f"{len(results)} answers to {count} statements")
        return results

    async def _flush(self, loop: asyncio.AbstractEventLoop, socket: int) -> None:
        """Write the rest while reading, so that neither side waits for the other's full buffer."""
        while self._pgconn.flush():
            await _wait(loop, socket, writable=True)
            self._pgconn.consume_input()


async def _wait(loop: asyncio.AbstractEventLoop, socket: int, *, writable: bool) -> None:
    """Until the socket can be read, or written where that is wanted too.

    The loop is asked afresh each time. Of a connection that was reset, uvloop tells once and watches it no more. What
    is read then is what the server said before, and that it has ended would never be seen.
    """
    ready = asyncio.Event()
    loop.add_reader(socket, ready.set)
    if writable:
        loop.add_writer(socket, ready.set)
    try:
        await ready.wait()
    finally:
        if writable:
            loop.remove_writer(socket)
        loop.remove_reader(socket)


def numbered(text: str) -> bytes:
    """Return the text with libpq's $1, $2 and so on in place of psycopg's %s."""
    pieces = text.split("%s")
    return "".join(
        piece + (f"${place}" if place < len(pieces) else "") for place, piece in enumerate(pieces, 1)
    ).encode()
