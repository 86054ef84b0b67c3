"""What every endpoint has: a request id, one shape of errors, and no stack trace for anybody outside."""

import logging
import re
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from structlog.contextvars import bind_contextvars

from gateway_project.proxy.errors import MethodNotAllowed, error_response, status_of
from gateway_project.proxy.request_headers import header
from gateway_project.telemetry import metrics
from metering.errors import MeteringError
from metering.ids import uuid7

Handler = Callable[[Request], Awaitable[Response]]
_ALSO = {"GET": "HEAD"}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
logger = logging.getLogger(__name__)


class Internal(MeteringError):
    """Something broke here; the log says what."""


def endpoint(handler: Handler, *, method: str | None = "GET") -> Handler:
    """The handler with a request id in `request.state`, for one HTTP method (None: all)."""

    async def respond(request: Request) -> Response:
        request_id = request_id_of(header(request, b"x-request-id"))
        request.state.request_id = request_id
        bind_contextvars(request_id=request_id)  # every line that is logged on the request's behalf has it
        try:
            if method is not None and request.method not in (method, _ALSO.get(method)):
                raise MethodNotAllowed(f"This path takes {method}, not {request.method}.")
            response = await handler(request)
            if request.method == "HEAD":
                response.body = b""  # the headers stay, `content-length` too
        except MeteringError as error:
            note_error(error)
            return error_response(error, request_id)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception:
            logger.exception("request.broke")
            metrics.errors.add(Internal.code)
            return error_response(Internal("Something went wrong in the gateway."), request_id)
        response.raw_headers.append((b"x-request-id", request_id.encode()))
        return response

    return respond


def note_error(error: MeteringError) -> None:
    """Count what a caller is told, as an answer or in a stream, and log it where it is not the caller's own fault."""
    if status_of(error) >= 500:
        logger.warning("request.failed", extra={"code": error.code})
    metrics.errors.add(error.code)


def request_id_of(given: str | None) -> str:
    """The caller's own, if it is harmless, so that both sides' logs meet."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else str(uuid7())
