"""Gives every request an id, whichever door it is for. Its answer and each line logged on its behalf have it."""

import logging
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from gateway_project.http.errors import Internal, error_response
from gateway_project.telemetry import metrics
from metering.ids import uuid7

REQUEST_ID = "gateway.request_id"
"""The key of the request's id in a scope and in Django's `request.META`."""
NAMED = "gateway.is_named"
"""The key in a scope of an answer that has its request's id already."""
HEADER = b"x-request-id"
_HARMLESS = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
logger = logging.getLogger(__name__)


class WithRequestId:
    """An ASGI application in front of all others. Nothing gets past it but an error of an answer that has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID] = request_id_of(_given(scope))
        has_begun = False

        async def named(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                if not scope.get(NAMED):
                    headers = message.get("headers", ())
                    if HEADER not in dict(headers):
                        message = {**message, "headers": [*headers, (HEADER, request_id.encode())]}
            await send(message)

        tokens = bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, receive, named)
        except Exception:
            logger.exception("request.broke")
            if has_begun:
                raise  # all that is left is to break the connection
            metrics.errors.add(Internal.code)
            await error_response(Internal("Something went wrong in the gateway."), request_id, scope["path"])(
                scope, receive, named
            )
        finally:
            reset_contextvars(**tokens)


def id_of(scope: Scope) -> str:
    """Returns the request's id."""
    found: str | None = scope.get(REQUEST_ID)
    return found or request_id_of(_given(scope))  # a test's, of a part without the whole


def request_id_of(given: str | None) -> str:
    """Returns the caller's own id if it is harmless, so that both sides' logs can be joined."""
    return given if given is not None and _HARMLESS.fullmatch(given) else str(uuid7())


def _given(scope: Scope) -> str | None:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == HEADER), None)
