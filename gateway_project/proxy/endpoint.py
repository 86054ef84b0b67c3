"""What every endpoint has: a request id, one shape of errors, and no stack trace for anybody outside."""

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from gateway_project.http.errors import Internal, MethodNotAllowed, error_response, status_of
from gateway_project.http.request_id import HEADER, NAMED, REQUEST_ID, id_of
from gateway_project.telemetry import metrics
from gateway_project.telemetry.access import note_error_code
from metering.errors import MeteringError

Handler = Callable[[Request], Awaitable[Response]]
_ALSO = {"GET": "HEAD"}
logger = logging.getLogger(__name__)


def endpoint(handler: Handler, *, method: str | None = "GET") -> Handler:
    """The handler of requests that have an id in their scope, for one HTTP method (None: all)."""

    async def respond(request: Request) -> Response:
        request_id = request.scope[REQUEST_ID] = id_of(request.scope)
        asked = request.scope["method"]
        try:
            if method is not None and asked != method and asked != _ALSO.get(method):
                allowed = ", ".join(filter(None, (method, _ALSO.get(method))))
                raise MethodNotAllowed(f"This path takes {method}, not {asked}.", allowed=allowed)
            response = await handler(request)
            if asked == "HEAD":
                response.body = b""  # the headers stay, `content-length` too
        except MeteringError as error:
            note_error(error)
            return error_response(error, request_id, request.scope["path"])
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception:
            logger.exception("request.broke")
            metrics.errors.add(Internal.code)
            return error_response(
                Internal("Something went wrong in the gateway."), request_id, request.scope["path"]
            )
        response.raw_headers.append((HEADER, request_id.encode()))
        request.scope[NAMED] = True
        return response

    return respond


def note_error(error: MeteringError) -> None:
    """Count what a caller is told, as an answer or in a stream, and log it where it is not the caller's own fault."""
    note_error_code(error.code)
    if status_of(error) >= 500:
        logger.warning("request.failed", extra={"code": error.code})
    metrics.errors.add(error.code)
