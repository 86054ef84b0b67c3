"""Writes a line of the log for each request, whichever door it was for."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway_project.http.paths import route_of
from gateway_project.http.request_id import id_of
from gateway_project.telemetry.access import LINE, AccessLine, AccessLog, logger


class AccessLines:
    """An ASGI application in front of all others but the one that gives requests their ids."""

    def __init__(self, app: ASGIApp, log: AccessLog | None = None) -> None:
        self._app = app
        self._log = log or AccessLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not logger.isEnabledFor(logging.INFO):
            try:
                await self._app(scope, receive, send)
            finally:
                if scope["type"] == "lifespan":
                    self._log.flush()
            return
        line = AccessLine()
        status, size = 500, 0

        async def seen(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        token = LINE.set(line)
        try:
            await self._app(scope, receive, seen)
        finally:
            LINE.reset(token)
            self._log.add(
                line,
                method=scope["method"],
                route=route_of(scope["path"]),
                status=status,
                size=size,
                request_id=id_of(scope),
            )
