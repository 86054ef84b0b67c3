"""A TCP proxy between the ledger and PostgreSQL that loses what the test tells it to lose."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import urlsplit

COMMITTED = b"COMMIT\0"
SYNC = b"S\0\0\0\x04"
HEADER = 5
"""A message of PostgreSQL's protocol: one byte of type, four of length (which counts itself), the rest."""
COMMAND_COMPLETE = b"C"[0]


class Proxy:
    """Forwards every byte, until told otherwise. Without TLS, so that it can read what it forwards."""

    def __init__(self, database: str) -> None:
        self._target = urlsplit(database)
        self.url = ""
        self.commits_to_swallow = 0
        self.swallowed = 0
        self.falls_silent_at_commit = False
        """Like swallowing, but the connection stays open."""
        self.holds_client_sync = False
        """Everything a client sends arrives except the message that asks for the answers, and what follows it."""
        self.is_deaf = False
        """Connections stay open and nothing goes through them."""
        self.is_away = False
        """Nobody is let through: connections that are open end, and new ones end at once."""
        self.cut_after_bytes: Callable[[], int] | None = None
        """Asked at each new connection: cut it after so many bytes from the server."""
        self.cuts = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def go_away(self) -> None:
        """Until `is_away` is False again."""
        self.is_away = True
        self.close_connections()

    def close_connections(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self.is_away:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                there = await asyncio.open_connection(self._target.hostname, self._target.port)
                try:
                    await self._forward(reader, writer, *there)
                finally:
                    there[1].transport.abort()
        except asyncio.CancelledError:
            pass
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        server_reader: asyncio.StreamReader,
        server_writer: asyncio.StreamWriter,
    ) -> None:
        """Until one side ends."""
        both = [
            asyncio.create_task(self._to_server(reader, server_writer)),
            asyncio.create_task(self._to_client(server_reader, writer)),
        ]
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _to_server(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if self.holds_client_sync and data.endswith(SYNC):
                writer.write(data[: -len(SYNC)])
                await asyncio.Event().wait()
            await self._hear()
            writer.write(data)
            await writer.drain()

    async def _to_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self.cut_after_bytes() if self.cut_after_bytes else 1 << 60
        while True:
            header = await reader.readexactly(HEADER)
            body = await reader.readexactly(int.from_bytes(header[1:]) - 4)
            await self._hear()
            if header[0] == COMMAND_COMPLETE and body == COMMITTED and self.commits_to_swallow > 0:
                self.commits_to_swallow -= 1
                self.swallowed += 1
                return
            if self.falls_silent_at_commit and header[0] == COMMAND_COMPLETE and body == COMMITTED:
                await asyncio.Event().wait()
            message = header + body
            writer.write(message[:left])
            await writer.drain()
            left -= len(message)
            if left < 0:
                self.cuts += 1
                return

    async def _hear(self) -> None:
        while self.is_deaf:  # noqa: ASYNC110 - a flag that tests set
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def proxy_to(database: str) -> AsyncIterator[Proxy]:
    """A proxy on a port of its own; `url` leads through it."""
    proxy = Proxy(database)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    target = urlsplit(database)
    address = f"{target.username}:{target.password}@127.0.0.1:{port}"
    proxy.url = target._replace(netloc=address, query="sslmode=disable&gssencmode=disable").geturl()
    try:
        yield proxy
    finally:
        server.close()
        proxy.close_connections()
