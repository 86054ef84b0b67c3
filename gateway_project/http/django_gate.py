"""The gate bounds what comes to Django: how many requests at once, and how much body in how much time.

Django itself bounds neither, and each of its requests needs a thread and a connection to the database.

1. Every caller begins as a stranger, because only Django finds out who calls. Strangers have few places, of which one
   address has fewer, and may send a small body in a short time.
2. A caller who needs more than that is asked for a proof: a credential that is looked up (stranger.py).
3. A caller who has given it has the places, bytes and time that are kept from strangers.
4. Tasks and the events of jobs go on for minutes. They have places of their own, for known callers only.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_project.http.body import read_body
from gateway_project.http.errors import error_response
from gateway_project.http.pages import page_response
from gateway_project.http.request_id import id_of
from gateway_project.http.room import Room
from gateway_project.http.stranger import Stranger
from metering.errors import MeteringError

MAX_REQUESTS = 32
MAX_WAITING = 500
WAIT_S = 10.0
STRANGERS = 12
"""How many of the places strangers may take."""
STRANGERS_OF_AN_ADDRESS = 6
"""How many of them one address may take: as many requests as a browser sends at once."""
TASKS = 256
"""How many tasks and event streams are answered at once; one more is refused at once."""
TASK_PATHS = ("/api/prior-art", "/api/drafting", "/api/diagrams", "/api/jobs")
FRAMING = frozenset({b"content-length", b"content-encoding", b"transfer-encoding"})
ALL = "all"


class DjangoGate:
    """An ASGI application in front of Django's. A request waits for its place when its body has arrived."""

    def __init__(
        self,
        django: ASGIApp,
        *,
        max_requests: int = MAX_REQUESTS,
        max_waiting: int = MAX_WAITING,
        strangers: int = STRANGERS,
        of_an_address: int = STRANGERS_OF_AN_ADDRESS,
        wait_s: float = WAIT_S,
    ) -> None:
        self._django = django
        self._places = Room(
            places=max_requests, per_address=max_requests, waiting=max_waiting, line_share=1, wait_s=wait_s
        )
        self._tasks = Room(places=TASKS, per_address=TASKS)
        self._strangers = Room(
            places=strangers, per_address=of_an_address, waiting=max_waiting, wait_s=wait_s
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._django(scope, receive, send)
            return
        request = Request(scope, receive)
        stranger = Stranger(request)
        async with AsyncExitStack() as held:
            try:
                body = await read_body(request, stranger)
                await held.enter_async_context(self._place(stranger, scope["path"]))
            except MeteringError as error:
                refuse = page_response if scope["path"].startswith("/admin") else error_response
                await refuse(error, id_of(scope))(scope, receive, send)
                return
            await self._django(_with_body(scope, body), _after(body, receive), send)

    @asynccontextmanager
    async def _place(self, stranger: Stranger, path: str) -> AsyncIterator[None]:
        """Hold a place while the block runs. Raises Overloaded."""
        if path.startswith(TASK_PATHS) and await stranger.is_known():
            async with self._tasks.place(ALL):
                yield
            return
        if not self._strangers.try_enter(stranger.address):
            if await stranger.is_known():
                async with self._places.place(ALL):
                    yield
                return
            await self._strangers.enter(stranger.address)
        try:
            async with self._places.place(ALL):
                yield
        finally:
            self._strangers.leave(stranger.address)


def _with_body(scope: Scope, body: bytes) -> Scope:
    """The request as Django and DRF expect it: as if its body had come uncompressed and with its length."""
    kept = [pair for pair in scope["headers"] if pair[0] not in FRAMING]
    if body:
        kept.append((b"content-length", str(len(body)).encode()))
    return {**scope, "headers": kept}


def _after(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body in one piece, and then passes on that the caller has disconnected.

    The server may still have to say that nothing follows the body: Django would take it for a second one.
    """
    told = False

    async def next_message() -> Message:
        nonlocal told
        if told:
            while (message := await receive())["type"] == "http.request":
                pass
            return message
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
