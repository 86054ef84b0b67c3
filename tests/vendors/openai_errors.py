"""OpenAI's error answers: statuses, bodies and headers as its documentation gives them."""

from typing import Any

from aiohttp import web

_ERRORS = {
    400: ("invalid_request_error", None, "Invalid value for 'messages'."),
    401: (
        "invalid_request_error",
        "invalid_api_key",
        "Incorrect API key provided: sk-abcd********************wxyz. You can find your API key in your settings.",
    ),
    403: ("invalid_request_error", "unsupported_country", "Country, region, or territory not supported"),
    404: (
        "invalid_request_error",
        "model_not_found",
        "The model does not exist or you do not have access to it.",
    ),
    429: (
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached for requests per min (RPM): Limit 3, Used 3.",
    ),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    503: ("server_error", None, "That model is currently overloaded with other requests."),
}


def error_body(status: int, message: str | None = None, *, param: str | None = None) -> dict[str, Any]:
    kind, code, standard = _ERRORS.get(status, ("server_error", None, "Something went wrong."))
    return {"error": {"message": message or standard, "type": kind, "param": param, "code": code}}


def error_response(
    status: int, message: str | None = None, *, param: str | None = None, retry_after: int = 7
) -> web.Response:
    headers = {"x-request-id": "req_fake_vendor"}
    if status in (429, 503) and retry_after >= 0:
        headers |= {
            "retry-after": str(retry_after),
            "x-ratelimit-limit-requests": "3",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": f"{retry_after}s",
        }
    return web.json_response(error_body(status, message, param=param), status=status, headers=headers)
