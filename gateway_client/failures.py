"""An answer that is an error, as the error to raise."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway_client import errors
from gateway_client.strange_answers import redirected

PERIODS = {"hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly"}
"""Windows as people call them; the others have the same name."""
BY_CODE: dict[str, type[errors.GatewayError]] = {
    "budget_exceeded": errors.BudgetExceededError,
    "budget_reserved": errors.BudgetReservedError,
    "rate_limited": errors.RateLimitedError,
    "vendor_rate_limited": errors.RateLimitedError,
    "concurrency_exceeded": errors.ConcurrencyExceededError,
    "model_not_allowed": errors.ModelNotAllowedError,
    "vendor_error": errors.GatewayUnavailableError,
    "vendor_timeout": errors.GatewayUnavailableError,
    "metering_unavailable": errors.GatewayUnavailableError,
    "overloaded": errors.GatewayUnavailableError,
    "idempotency_in_progress": errors.GatewayUnavailableError,
    "idempotency_answer_lost": errors.GatewayUnavailableError,
    "internal_error": errors.GatewayUnavailableError,
}
BY_STATUS: dict[int, type[errors.GatewayError]] = {
    401: errors.AuthenticationError,
    403: errors.NotPermittedError,
    408: errors.GatewayUnavailableError,
    429: errors.RateLimitedError,
}
EXPIRED = "Token expired. Please re-authenticate."
MAX_SHOWN = 300
"""Characters of an answer that is none of the gateway's own."""


def failure_of(status: int, headers: Mapping[str, str], content: bytes) -> errors.GatewayError:
    """The error that an answer of 300 and above stands for, whoever wrote it: the gateway, or a proxy on the way."""
    if status < 400:
        return redirected(status, headers)
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    said = body.get("error") if isinstance(body, dict) else None
    if not isinstance(said, dict):
        text = content[:MAX_SHOWN].decode("utf-8", "replace").strip()
        said = {"message": f"LLM proxy error: {text or 'an answer without a body'} (HTTP {status})"}
    return error_from(said, status=status, headers=headers)


def error_from(
    said: Mapping[str, Any], *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> errors.GatewayError:
    """The error that the gateway's one shape describes; without a status it came within a stream."""
    headers = headers or {}
    code = _text(said.get("code"))
    kind = BY_CODE.get(code or "") or _by_status(status)
    message = _text(said.get("message")) or "The gateway gave no reason."
    if code == "token_expired":
        message = EXPIRED
    facts: dict[str, Any] = {
        "status_code": status,
        "code": code,
        "request_id": _text(said.get("request_id")) or headers.get("x-request-id"),
        "param": _text(said.get("param")),
        "retry_after_s": seconds(headers.get("retry-after")),
        "headers": headers,
        "should_retry": {"true": True, "false": False}.get(headers.get("x-should-retry", "")),
    }
    if issubclass(kind, errors.LimitError):
        facts["usage"] = _usage(said.get("usage"))
    if issubclass(kind, errors.BudgetExceededError):
        facts |= {"reset_at": _moment(said.get("reset_at")), "ask_url": _text(said.get("ask_url"))}
    return kind(message, **facts)


def seconds(text: str | None) -> float | None:
    """A `Retry-After` in seconds. A date is none of the gateway's, and would ask this machine's clock what it means."""
    try:
        value = float(text) if text else -1.0
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _by_status(status: int | None) -> type[errors.GatewayError]:
    if status is None or status >= 500:
        return errors.GatewayUnavailableError
    return BY_STATUS.get(status, errors.InvalidRequestError)


def _usage(said: object) -> errors.LimitUsage | None:
    if not isinstance(said, Mapping):
        return None
    period = str(said.get("period") or "minute")
    return errors.LimitUsage(
        current=_amount(said.get("current")),
        limit=_amount(said.get("limit")),
        period=PERIODS.get(period, period),
        unit=str(said.get("unit") or "usd").lower(),
        held=_amount(said.get("held")),
        requested=_amount(said.get("requested")),
        budget=str(said.get("budget") or ""),
        scope=str(said.get("scope") or ""),
        is_told=said.get("limit") is not None,
    )


def _amount(value: object) -> Decimal:
    """Money comes as a decimal text, everything else as a number."""
    try:
        return Decimal(str(value)) if value is not None else Decimal(0)
    except InvalidOperation:
        return Decimal(0)


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
