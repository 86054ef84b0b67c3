"""The one table from error class to HTTP status, and the one shape of an error (CONTRACTS, Errors)."""

import math
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.responses import Response

from gateway_project.http.ask_url import ask_url
from gateway_project.http.response_headers import REPLAYED, rate_headers
from gateway_project.http.shapes import is_messages, shaped
from gateway_project.http.unread import EarlyResponse
from metering import errors
from metering.money import usd_text
from metering.types import Dimension


class Internal(errors.MeteringError):
    """Something broke here; the log says what."""


class BodyTooLarge(errors.MeteringError):
    """The request's body is longer than the server reads."""

    code = "body_too_large"


class BodyTimeout(errors.MeteringError):
    """The request's body did not arrive in time."""

    code = "request_timeout"


class MethodNotAllowed(errors.InvalidRequest):
    """The path exists, the method does not."""

    code = "method_not_allowed"

    def __init__(self, message: str, *, allowed: str = "") -> None:
        """`allowed`: the methods that the path has, as the header says them; empty: the answer says them already."""
        super().__init__(message)
        self.allowed = allowed


class UnsupportedMediaType(errors.InvalidRequest):
    """The body is in a format, or packed in a way, that the route does not read."""

    code = "unsupported_media_type"


class NotAcceptable(errors.InvalidRequest):
    """The caller accepts no format that the route can write."""


class SourceNotDrawn(errors.InvalidRequest):
    """The renderer cannot draw a diagram's source; the message is in its own words."""

    code = "diagram_not_drawn"


STATUS: dict[type[errors.MeteringError], int] = {
    errors.InvalidRequest: 400,
    errors.CatalogInvalid: 400,
    errors.InvalidCredential: 401,
    errors.NotPermitted: 403,
    errors.NotFound: 404,
    MethodNotAllowed: 405,
    NotAcceptable: 406,
    BodyTimeout: 408,
    UnsupportedMediaType: 415,
    errors.IdempotencyKeyTaken: 409,
    errors.TransitionRefused: 409,
    errors.InputTooLarge: 413,
    BodyTooLarge: 413,
    errors.IdempotencyMismatch: 422,
    SourceNotDrawn: 422,
    errors.LimitExceeded: 429,
    errors.VendorError: 502,
    errors.VendorModelMissing: 404,
    errors.VendorRateLimited: 429,
    errors.MeteringUnavailable: 503,
    errors.VendorTimeout: 504,
    errors.MeteringError: 500,
}
"""The status of each error class. A class that is not listed has the status of its nearest base."""

TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "server_error",
    503: "server_error",
    504: "server_error",
}
"""OpenAI's `type` for a status; anything else is an invalid_request_error."""

RETRY_UNAVAILABLE_S = 1
RETRY_IN_PROGRESS_S = 1
_encode = msgspec.json.encode


def status_of(error: errors.MeteringError) -> int:
    """The HTTP status of an error."""
    return next(STATUS[base] for base in type(error).__mro__ if base in STATUS)


def error_body(error: errors.MeteringError, request_id: str) -> dict[str, Any]:
    """The error in the one shape."""
    body: dict[str, Any] = {
        "type": TYPES.get(status_of(error), "invalid_request_error"),
        "code": error.code,
        "message": error.message,
        "param": error.param,
        "request_id": request_id,
    }
    if isinstance(error, errors.LimitExceeded):
        body["usage"] = _usage(error.usage)
        body["reset_at"] = _rfc3339(error.reset_at)
        if url := ask_url(error):
            body |= {"message": f"{error.message} Ask for more: {url}", "ask_url": url}
    return {"error": body}


def error_headers(error: errors.MeteringError, request_id: str) -> dict[str, str]:
    """The headers that clients act on."""
    headers = {"x-request-id": request_id}
    if isinstance(error, errors.LimitExceeded):
        headers["retry-after"] = str(error.retry_after_s)
        if isinstance(error, errors.BudgetExceeded) and not isinstance(error, errors.BudgetReserved):
            headers["x-should-retry"] = "false"
        elif isinstance(error, errors.RateLimited):
            headers |= rate_headers(error.balances)
    elif isinstance(error, errors.AuthorizationPending):
        headers["retry-after"] = str(error.retry_after_s)
    elif isinstance(error, errors.MeteringUnavailable):
        headers["retry-after"] = str(RETRY_UNAVAILABLE_S)
    elif isinstance(error, errors.IdempotencyInProgress):
        headers["retry-after"] = str(RETRY_IN_PROGRESS_S)
    elif isinstance(error, errors.IdempotencyAnswerLost):
        headers["x-should-retry"] = "false"
    elif isinstance(error, errors.VendorError):
        headers |= _vendor_headers(error)
    elif isinstance(error, errors.InvalidCredential):
        headers["www-authenticate"] = "Bearer"
    elif isinstance(error, MethodNotAllowed) and error.allowed:
        headers["allow"] = error.allowed
    if error.has_spent:
        headers["x-should-retry"] = "false"
    return headers


def _vendor_headers(error: errors.VendorError) -> dict[str, str]:
    """SDKs send again what fails with 429 or 5xx, unless they are told not to: what may have been billed, and what no
    other try would mend.
    """
    headers = dict(REPLAYED) if error.replayed else {}
    if not error.retryable:
        headers["x-should-retry"] = "false"
    if error.retry_after_s is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after_s))
    return headers


def error_response(error: errors.MeteringError, request_id: str, path: str = "") -> Response:
    """The error as an answer in the protocol of the path; while the body is still coming it does not wait for it."""
    status = status_of(error)
    headers = error_headers(error, request_id)
    if is_messages(path):
        headers["request-id"] = request_id
    wait_s = float(headers.get("retry-after", 0))
    return EarlyResponse(
        _encode(shaped(error_body(error, request_id), path=path, status=status, retry_after_s=wait_s)),
        status_code=status,
        headers=headers,
        media_type="application/json",
    )


def _usage(usage: errors.LimitUsage) -> dict[str, Any]:
    """The limit's facts; what all tenants together use of one that they share is told to none of them."""
    dimension = Dimension(usage.dimension)

    def shown(amount: int) -> int | str:
        return usd_text(amount) if dimension is Dimension.COST else amount

    def told(amount: int) -> int | str | None:
        return None if usage.shared else shown(amount)

    return {
        "budget": usage.budget,
        "scope": usage.scope,
        "dimension": usage.dimension,
        "unit": dimension.unit,
        "current": told(usage.current),
        "held": told(usage.held),
        "requested": shown(usage.requested),
        "limit": told(usage.limit),
        "period": usage.period,
        **({"override": shown(usage.override)} if usage.override and not usage.shared else {}),
    }


def _rfc3339(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment is not None else None
