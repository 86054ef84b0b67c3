"""One POST and its answer, on a connection of aiohttp's pool.

What `ClientSession.request` adds (redirects, cookies, middlewares, traces, timers) costs a call as much as the rest,
and nothing here wants it. Connecting, TLS, the pool and the parser are aiohttp's.
"""

import asyncio

import aiohttp
from aiohttp import ClientRequest, ClientSession, ClientTimeout, StreamReader
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from multidict import CIMultiDictProxy
from yarl import URL

READ_BUFFER_BYTES = 1 << 16
"""What is read ahead of a slow caller, twice this at most; then the vendor has to wait (TCP)."""
INFORMATIONAL = range(100, 200)
SCHEMES = frozenset({"http", "https"})


class Answer:
    """A response whose head has come. Let go of it by `release`, or `close` where its rest is not wanted."""

    __slots__ = ("_connection", "content", "headers", "status")

    def __init__(self, connection: Connection, message: RawResponseMessage, content: StreamReader) -> None:
        self.status = message.code
        self.headers: CIMultiDictProxy[str] = message.headers
        self.content = content
        self._connection = connection

    def limit_gap(self, gap_s: float) -> None:
        """From now on the next bytes may take no longer than this."""
        protocol = self._connection.protocol
        if protocol is not None:
            protocol.read_timeout = gap_s
            protocol.start_timeout()

    def release(self) -> None:
        """Give the connection back if the answer has ended; else cut it, and so the vendor's call."""
        self._connection.release()

    def close(self) -> None:
        """Cut the connection; whoever reads is told by an exception."""
        if not self.content.is_eof():
            self.content.set_exception(aiohttp.ClientConnectionError("The connection was closed."))
        self._connection.close()


class Target:
    """Where requests go: a URL with the headers that all of them have. Belongs to the event loop of its session."""

    def __init__(self, session: ClientSession, url: URL, headers: dict[str, str], connect_s: float) -> None:
        """Raises aiohttp.InvalidURL."""
        if url.scheme not in SCHEMES or not url.raw_host:
            raise aiohttp.InvalidURL(url)
        self.session = session
        self._pattern = ClientRequest(
            "POST", url, headers=headers, loop=asyncio.get_running_loop(), session=session
        )
        self._timeout = ClientTimeout(sock_connect=connect_s)
        named = [
            f"{name}: {value}\r\n"
            for name, value in self._pattern.headers.items()
            if name.lower() != "content-length"
        ]
        self._head = f"POST {url.raw_path_qs} HTTP/1.1\r\n{''.join(named)}"

    async def post(self, payload: bytes, attempt_id: str) -> Answer:
        """The answer's head. Raises what aiohttp raises, and TimeoutError for a connection that cannot be made."""
        head = f"{self._head}x-gateway-attempt-id: {attempt_id}\r\ncontent-length: {len(payload)}\r\n\r\n"
        connection = await self._connect()
        try:
            return await _ask(connection, head.encode("latin-1"), payload)
        except HttpProcessingError as error:
            connection.close()
            raise aiohttp.ClientResponseError(
                self._pattern.request_info, (), status=error.code, message=error.message
            ) from error
        except BaseException:
            connection.close()
            raise

    async def _connect(self) -> Connection:
        connector = self.session.connector
        if connector is None:
            raise aiohttp.ClientConnectionError("The HTTP client is closed.")
        try:
            return await connector.connect(self._pattern, [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("The connection could not be made in time.") from error


async def _ask(connection: Connection, head: bytes, payload: bytes) -> Answer:
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None:
        raise aiohttp.ClientConnectionResetError("The connection was closed meanwhile.")
    protocol.set_response_params(read_until_eof=True, read_bufsize=READ_BUFFER_BYTES)
    transport.write(head + payload)
    while True:
        message, content = await protocol.read()
        if message.code not in INFORMATIONAL or message.code == 101:
            return Answer(connection, message, content)
