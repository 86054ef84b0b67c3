"""One POST and its answer, on a connection of aiohttp's pool.

What `ClientSession.request` adds (redirects, cookies, middlewares, traces, timers) costs a call as much as the rest,
and nothing here wants it. Connecting, TLS, the pool and the parser are aiohttp's.

A vendor may close a connection that waits in the pool at any moment. So:

1. A pooled connection on which there is anything to read (the end of the stream, a late answer) is not used.
2. Where a used connection is reset at once, before a byte of an answer, the vendor has not read the whole request (a
   socket closed with unread data resets, RFC 1122 section 4.2.2.13): it is sent again on a new connection.
3. Where it is closed in good order or later, the vendor may have read it: the caller decides (`Unanswered`).
"""

import asyncio
import select
import time
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp import ClientRequest, ClientSession, ClientTimeout, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from multidict import CIMultiDictProxy
from yarl import URL

from providers.port import Progress

READ_BUFFER_BYTES = 1 << 16
"""What is read ahead of a slow caller, twice this at most; then the vendor has to wait (TCP)."""
INFORMATIONAL = range(100, 200)
SCHEMES = frozenset({"http", "https"})
MAX_HEADER_LENGTH = 8_190
AT_ONCE_S = 1.0
"""More than a round trip, less than a vendor needs to work on a request and fail."""
_used: WeakKeyDictionary[ResponseHandler, "select.poll"] = WeakKeyDictionary()
"""Connections on which a request was sent, each with what tells whether there is anything to read on it. One pool
serves all targets, so that one may have used what another gets."""


class NotSent(Exception):
    """The request cannot be made, so nothing was sent; the message says why."""


class Unanswered(Exception):
    """A used connection was closed before a byte of an answer came, and the request may have been read."""


class VendorResponse:
    """A response whose head has come. Let go of it by `release`, or `close` where its rest is not wanted."""

    __slots__ = ("_connection", "content", "headers", "status")

    def __init__(self, connection: Connection, message: RawResponseMessage, content: StreamReader) -> None:
        self.status = message.code
        self.headers: CIMultiDictProxy[str] = message.headers
        self.content = content
        self._connection = connection

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

    def __init__(
        self, session: ClientSession, address: str, headers: dict[str, str], connect_s: float
    ) -> None:
        """Raises NotSent for an address that cannot be used."""
        url = _url_of(address)
        self.session = session
        self.url = url
        self._pattern = ClientRequest(
            "POST", url, headers=headers, loop=asyncio.get_running_loop(), session=session
        )
        # `connect` is for all of it: finding the address, every address, encryption.
        self._timeout = ClientTimeout(connect=connect_s, sock_connect=connect_s)
        named = [
            f"{name}: {value}\r\n"
            for name, value in self._pattern.headers.items()
            if name.lower() != "content-length"
        ]
        self._head = f"POST {url.raw_path_qs} HTTP/1.1\r\n{''.join(named)}"

    async def post(
        self, payload: bytes, attempt_id: str, progress: Progress, *, credential: str
    ) -> VendorResponse:
        """The answer's head. `credential` is made by `header_line`.

        Raises what aiohttp raises, ConnectionTimeoutError for a connection that cannot be made, and Unanswered.
        """
        text = (
            f"{self._head}{credential}x-gateway-attempt-id: {attempt_id}\r\n"
            f"content-length: {len(payload)}\r\n\r\n"
        )
        head = text.encode("latin-1")
        connection, was_used = await self._connect()
        began_s = time.monotonic()
        try:
            return await self._exchange(connection, head, payload, progress)
        except (aiohttp.ServerDisconnectedError, OSError) as error:
            if not was_used or isinstance(error, TimeoutError):
                raise
            in_order = isinstance(error, aiohttp.ServerDisconnectedError)
            if in_order or time.monotonic() - began_s > AT_ONCE_S:
                raise Unanswered from None
        progress.sent = False
        return await self._exchange(await self._connect_anew(), head, payload, progress)

    async def _exchange(
        self, connection: Connection, head: bytes, payload: bytes, progress: Progress
    ) -> VendorResponse:
        try:
            return await _ask(connection, head + payload, progress)
        except HttpProcessingError as error:
            connection.close()
            raise aiohttp.ClientResponseError(
                self._pattern.request_info, (), status=error.code, message=error.message
            ) from error
        except BaseException:
            connection.close()
            raise

    async def _connect(self) -> tuple[Connection, bool]:
        """A connection on which nothing waits to be read, and whether it was used before."""
        while True:
            connection = await self._take()
            protocol = connection.protocol
            if protocol is None:
                return connection, False
            reading = _used.get(protocol)
            if reading is None:
                _used[protocol] = _poll_of(connection)
                return connection, False
            if not protocol.should_close and not reading.poll(0):
                return connection, True
            connection.close()

    async def _connect_anew(self) -> Connection:
        """A new connection; those in the pool are let go, since one of them was dead."""
        while True:
            connection, was_used = await self._connect()
            if not was_used:
                return connection
            connection.close()

    async def _take(self) -> Connection:
        connector = self.session.connector
        if connector is None:
            raise aiohttp.ClientConnectionError("The HTTP client is closed.")
        try:
            return await connector.connect(self._pattern, [], self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("The connection could not be made in time.") from error


async def _ask(connection: Connection, request: bytes, progress: Progress) -> VendorResponse:
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None:
        raise aiohttp.ClientConnectionResetError("The connection was closed meanwhile.")
    protocol.set_response_params(read_until_eof=True, read_bufsize=READ_BUFFER_BYTES)
    progress.sent = True
    transport.write(request)
    while True:
        message, content = await protocol.read()
        if message.code not in INFORMATIONAL or message.code == 101:
            return VendorResponse(connection, message, content)


def _poll_of(connection: Connection) -> "select.poll":
    """Tells whether the peer has closed it, or said something that nobody asked for."""
    poll = select.poll()
    socket = connection.transport.get_extra_info("socket") if connection.transport is not None else None
    if socket is not None and socket.fileno() >= 0:
        poll.register(socket.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return poll


def _url_of(address: str) -> URL:
    try:
        url = URL(address)
        usable = url.scheme in SCHEMES and bool(url.raw_host) and url.port is not None
    except (ValueError, TypeError):
        usable = False
    if not usable:
        raise NotSent("its base URL is not valid")
    return url


def header_line(name: str, value: str) -> str:
    """The header that carries a key; empty without a value. Raises NotSent for one that cannot be sent."""
    if not value:
        return ""
    if not value.isprintable() or len(value) > MAX_HEADER_LENGTH or not _is_latin_1(value):
        raise NotSent("its key cannot be sent as a header")
    return f"{name}: {value}\r\n"


def _is_latin_1(text: str) -> bool:
    return text.isascii() or all(ord(character) < 256 for character in text)
