"""What every request has, whichever door it is for: an id, an answer even where something breaks, a line of the log."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from gateway_project.http.errors import Internal, error_response
from gateway_project.http.paths import route_of
from gateway_project.http.request_id import HEADER, NAMED, REQUEST_ID, given_id, request_id_of
from gateway_project.telemetry import metrics
from gateway_project.telemetry.access import LINE, AccessLine, AccessLog

logger = logging.getLogger(__name__)


class EveryRequest:
    """An ASGI application in front of all others. Nothing gets past it but an error of an answer that has begun."""

    def __init__(self, app: ASGIApp, log: AccessLog | None = None) -> None:
        self._app = app
        self._log = log or AccessLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            try:
                await self._app(scope, receive, send)
            finally:
                self._log.flush()
            return
        request_id = scope[REQUEST_ID] = request_id_of(given_id(scope))
        status, size = 0, 0

        async def seen(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
                if not scope.get(NAMED):
                    message = _named(message, request_id)
            else:
                size += len(message.get("body", b""))
            await send(message)

        bound = bind_contextvars(request_id=request_id)
        line = AccessLine()
        before = LINE.set(line)
        try:
            await self._app(scope, receive, seen)
        except Exception:
            logger.exception("request.broke")
            line.error = Internal.code
            if status:
                raise  # all that is left is to break the connection
            metrics.errors.add(Internal.code)
            error = Internal("Something went wrong in the gateway.")
            await error_response(error, request_id, scope["path"])(scope, receive, seen)
        finally:
            LINE.reset(before)
            reset_contextvars(**bound)
            route = route_of(scope["path"])
            self._log.add(line, scope["method"], route, status or 500, size, request_id)


def _named(message: Message, request_id: str) -> Message:
    """The start of an answer with the request's id, if it has none yet."""
    headers = message.get("headers", ())
    if HEADER in dict(headers):
        return message
    return {**message, "headers": [*headers, (HEADER, request_id.encode())]}
