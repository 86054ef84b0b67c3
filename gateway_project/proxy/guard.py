"""What every request passes before anything is read: a ceiling on requests at once, and a bound on headers.

Nothing queues here: a request beyond the ceiling is answered at once, so that the others keep their speed. The
server's own bounds (`gateway_project/local/children.py`) cut what never becomes a request: slow headers.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_project.proxy.errors import error_response
from gateway_project.proxy.named import id_of
from gateway_project.telemetry import metrics
from metering.errors import InvalidRequest, MeteringError, Overloaded

MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024
OPERATIONS = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})
"""Never refused: who looks after an overloaded gateway needs them."""
ROUTES = frozenset({"/v1/chat/completions", "/v1/models"}) | OPERATIONS


class Guard:
    """An ASGI application in front of all others. Counts every request by route and status."""

    def __init__(self, app: ASGIApp, *, max_requests: int) -> None:
        self._app = app
        self._max_requests = max_requests
        self._running = 0
        metrics.in_flight.read = lambda: self._running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        status = 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._running += 1
        try:
            error = None if path in OPERATIONS else self._objection(scope)
            app = self._app if error is None else error_response(error, id_of(scope))
            await app(scope, receive, counted)
        finally:
            self._running -= 1
            metrics.requests.add(_route(path), str(status))

    def _objection(self, scope: Scope) -> MeteringError | None:
        if self._running > self._max_requests:
            return Overloaded("Too many requests are being answered already; try again in a moment.")
        headers = scope["headers"]
        if (
            len(headers) > MAX_HEADERS
            or sum([len(name) + len(value) for name, value in headers]) > MAX_HEADER_BYTES
        ):
            return InvalidRequest(
                f"A request may have {MAX_HEADERS} headers and {MAX_HEADER_BYTES:,} bytes of them."
            )
        return None


def _route(path: str) -> str:
    """A path as a label: callers choose paths, so only known ones may become one."""
    if path in ROUTES:
        return path
    if path.startswith("/v1/models/"):
        return "/v1/models/{id}"
    root = path.partition("/")[2].partition("/")[0]
    return f"/{root}/*" if root in {"v1", "api", "llm", "internal", "admin", "static"} else "other"
