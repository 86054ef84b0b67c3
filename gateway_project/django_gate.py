"""Django behind bounds. Each of its requests needs a thread and a connection to the database, and nothing in Django
bounds how many there are, nor how much body it takes in before it looks at anything.
"""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_project.proxy.body import read_body
from gateway_project.proxy.errors import error_response
from gateway_project.proxy.named import id_of
from gateway_project.proxy.pages import page_response
from metering.errors import MeteringError, Overloaded

MAX_REQUESTS = 32
MAX_WAITING = 500
WAIT_S = 10.0
FRAMING = frozenset({b"content-length", b"content-encoding", b"transfer-encoding"})


class DjangoGate:
    """An ASGI application in front of Django's. A request waits for its place when its body has arrived."""

    def __init__(
        self,
        django: ASGIApp,
        *,
        max_requests: int = MAX_REQUESTS,
        max_waiting: int = MAX_WAITING,
        wait_s: float = WAIT_S,
    ) -> None:
        self._django = django
        self._max_requests = max_requests
        self._max_waiting = max_waiting
        self._wait_s = wait_s
        self._waiting = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places = asyncio.Semaphore(max_requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._django(scope, receive, send)
            return
        try:
            body = await read_body(Request(scope, receive))
            await self._enter()
        except MeteringError as error:
            refuse = page_response if scope["path"].startswith("/admin") else error_response
            await refuse(error, id_of(scope))(scope, receive, send)
            return
        try:
            await self._django(_with_body(scope, body), _after(body, receive), send)
        finally:
            self._places.release()

    async def _enter(self) -> None:
        """Take a place. Raises Overloaded where that takes too long."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # a test's server, after another one
            self._loop, self._places, self._waiting = loop, asyncio.Semaphore(self._max_requests), 0
        if self._waiting >= self._max_waiting:
            raise Overloaded("Too many requests wait already; try again in a moment.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await self._places.acquire()
        except TimeoutError:
            raise Overloaded("The requests before this one take too long; try again in a moment.") from None
        finally:
            self._waiting -= 1


def _with_body(scope: Scope, body: bytes) -> Scope:
    """The request as if its body had come plain and with its length: what Django and DRF go by."""
    kept = [pair for pair in scope["headers"] if pair[0] not in FRAMING]
    if body:
        kept.append((b"content-length", str(len(body)).encode()))
    return {**scope, "headers": kept}


def _after(body: bytes, receive: Receive) -> Receive:
    """The body in one piece, then whatever comes: that the caller has left."""
    told = False

    async def next_message() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
