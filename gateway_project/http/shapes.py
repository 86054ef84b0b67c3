"""The shape of an error by the path that was asked: in the words of its surface, around or beside the one shape."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.chat.shapes import THREAD
from gateway_project.http.paths import MESSAGES, TEAMS
from metering.types import Dimension

ANTHROPICS_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
}
"""Anthropic's `type` for a status; anything else is an api_error from 500 on, an invalid_request_error below."""
UNTHREADED = {"error_code": "thread_unsupported_request", "unsupported": [THREAD]}
"""Anthropic's own words for a conversation that it cannot hold: its SDK then sends the whole of it by itself."""
PERIODS = {"hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly"}
"""Windows as the Teams client calls them; the others have the same name there."""
TOO_MANY = 429


def is_messages(path: str) -> bool:
    """Whether a path belongs to Anthropic's protocol."""
    return path == MESSAGES or path.startswith(f"{MESSAGES}/")


def shaped(
    body: dict[str, Any], *, path: str, status: int, retry_after_s: float | None = None
) -> dict[str, Any]:
    """An error's body, in the one shape, as the surface of the path has it."""
    if is_messages(path):
        usual = "api_error" if status >= 500 else "invalid_request_error"
        error = {**body["error"], "type": ANTHROPICS_TYPES.get(status, usual)}
        if error["param"] == THREAD:
            error["details"] = UNTHREADED
        return {"type": "error", "error": error, "request_id": error["request_id"]}
    if path.startswith(TEAMS):
        return body | _for_teams(body["error"], status, retry_after_s)
    return body


def _for_teams(error: Mapping[str, Any], status: int, retry_after_s: float | None) -> dict[str, Any]:
    """What the Teams client reads beside the error; amounts are numbers, of money in USD."""
    shown: dict[str, Any] = {"message": error["message"]}
    if status != TOO_MANY:
        return shown
    usage = error.get("usage") or {}
    current, limit = _number(usage.get("current")), _number(usage.get("limit"))
    if usage.get("dimension") == Dimension.CONCURRENCY:
        current = _number(usage.get("held"))
    if error.get("reset_at"):
        reset_s = datetime.fromisoformat(error["reset_at"]).timestamp()
    else:
        reset_s = time.time() + (retry_after_s or 0)
    period = str(usage.get("period") or "minute")
    return {
        **shown,
        "usage": {"current": current, "limit": limit, "period": PERIODS.get(period, period)},
        "limit": limit,
        "resetAt": round(reset_s * 1_000),
    }


def _number(amount: object) -> float | int:
    """An amount of the one shape, where money is a decimal text, as a number."""
    return float(amount) if isinstance(amount, str) else amount if isinstance(amount, int) else 0
