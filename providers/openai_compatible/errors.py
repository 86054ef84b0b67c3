"""What went wrong with a vendor, as the port's error: how it may be billed, and a message without secrets."""

import re
from collections.abc import Mapping
from math import isnan
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

from providers.port import Failure, ProviderError

MESSAGE_LENGTH = 300
MAX_ERROR_BYTES = 1 << 16
PARAM_LENGTH = 128
RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 524, 529})
AMBIGUOUS = frozenset({504, 524})
"""A server in front of the vendor gave up waiting: the vendor may have gone on, and bill it."""
CREDENTIAL = frozenset({401, 403})
MAX_RETRY_AFTER_S = 3600.0
_SECRET = re.compile(
    r"Bearer\s+[\w*.\-]{6,}"
    r"|\b(?:sk|pk|rk|xai|gsk|key|api|org|proj)[-_](?=[\w.\-]*[\d*])[\w*.\-]{6,}"
    r"|\b[A-Za-z0-9_\-*]{32,}",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class _Inner(Struct):
    message: str = ""
    code: str | int | None = None
    param: Any = None


class _Body(Struct):
    """OpenAI's shape, and what others write instead."""

    error: _Inner | str | None = None
    message: str = ""
    detail: str = ""


_decode = msgspec.json.Decoder(_Body).decode
_decode_inner = msgspec.json.Decoder(_Inner | str).decode


def refused(status: int, headers: Mapping[str, str], body: bytes, api_key: str) -> ProviderError:
    """The error for an answer with an error status."""
    param = None
    if status in CREDENTIAL:
        said = "it does not accept the gateway's credentials"  # its own words quote parts of the key
    else:
        given = _decoded(body)
        said = cleaned(_message_in(given), api_key) or "no reason given"
        param = _param_in(given, api_key)
    return ProviderError(
        f"status {status}: {said}",
        failure=Failure.TIMEOUT if status in AMBIGUOUS else Failure.REFUSED,
        retryable=status in RETRYABLE,
        status=status,
        retry_after_s=_retry_after_s(headers),
        param=param,
    )


def error_within(error: bytes, api_key: str) -> ProviderError:
    """The error for an answer that began well and holds an error object."""
    try:
        inner = _decode_inner(error)
    except msgspec.DecodeError:
        inner = ""
    said = cleaned(inner if isinstance(inner, str) else inner.message, api_key)
    return broken(f"it ended its answer with an error: {said or 'no reason given'}")


def broken(why: str) -> ProviderError:
    """The error for an answer that broke off or makes no sense: it may be billed."""
    return ProviderError(why, failure=Failure.CUT, retryable=True)


def connection_failed(error: Exception) -> ProviderError:
    """The error for what the HTTP client raised."""
    match error:
        case aiohttp.ClientSSLError():
            return _unreachable("its certificate or encryption is not accepted", retryable=False)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return _unreachable("it cannot be reached", retryable=True)
        case aiohttp.InvalidURL():
            return _unreachable("its base URL is not valid", retryable=False)
        case TimeoutError():
            return ProviderError("it did not answer in time", failure=Failure.TIMEOUT, retryable=True)
        case aiohttp.ServerDisconnectedError() | ConnectionError() | aiohttp.ClientPayloadError():
            return broken("it closed the connection before its answer was whole")
    return broken(f"its answer is not valid HTTP ({type(error).__name__})")


def cleaned(message: str, api_key: str) -> str:
    """One bounded line of the vendor's words, without anything that looks like a key."""
    if api_key:
        message = message.replace(api_key, "[removed]")
    message = _SECRET.sub("[removed]", _CONTROL.sub(" ", message[: MESSAGE_LENGTH * 4])).strip()
    return message if len(message) <= MESSAGE_LENGTH else f"{message[:MESSAGE_LENGTH]}..."


def _unreachable(why: str, *, retryable: bool) -> ProviderError:
    return ProviderError(why, failure=Failure.UNREACHABLE, retryable=retryable)


def _decoded(body: bytes) -> _Body:
    try:
        return _decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _Body()  # a proxy's HTML page tells a caller nothing


def _param_in(given: _Body, api_key: str) -> str | None:
    param = given.error.param if isinstance(given.error, _Inner) else None
    return cleaned(param[:PARAM_LENGTH], api_key) or None if isinstance(param, str) else None


def _message_in(given: _Body) -> str:
    if isinstance(given.error, _Inner):
        return given.error.message
    return given.error or given.message or given.detail


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds; a date means nothing to a clock that differs."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return None if isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER_S)
