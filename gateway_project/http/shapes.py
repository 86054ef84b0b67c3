"""The shape of an error by the path that was asked: Anthropic's protocol wraps the one shape as Anthropic does."""

from typing import Any

from gateway_project.http.paths import MESSAGES, RESPONSES

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


def is_messages(path: str) -> bool:
    """Whether a path belongs to Anthropic's protocol."""
    return path == MESSAGES or path.startswith(f"{MESSAGES}/")


def shaped(body: dict[str, Any], *, path: str, status: int) -> dict[str, Any]:
    """An error's body, in the one shape, as the protocol of the path has it."""
    if not is_messages(path):
        return body
    usual = "api_error" if status >= 500 else "invalid_request_error"
    error = {**body["error"], "type": ANTHROPICS_TYPES.get(status, usual)}
    return {"type": "error", "error": error, "request_id": error["request_id"]}


def event_of(body: dict[str, Any], *, path: str, status: int, number: int) -> tuple[str, dict[str, Any]]:
    """The name and the data of the event with which a stream fails; `number` counts the events before it.

    The name is empty where the protocol's events have none.
    """
    if path == RESPONSES:
        error = body["error"]
        shown = {name: error[name] for name in ("code", "message", "param")}
        return "error", {"type": "error", "sequence_number": number, **shown, **body}
    if is_messages(path):
        return "error", shaped(body, path=path, status=status)
    return "", body
