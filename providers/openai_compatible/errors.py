"""What went wrong with a vendor, as the port's error: how it may be billed, and a message without secrets."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isnan

import aiohttp

from providers.openai_compatible.error_body import NO_WORDS, Said, read_error, said_by
from providers.openai_compatible.exchange import NotSent, Unanswered
from providers.port import Failure, ProviderError
from providers.routing.fault import TOO_LARGE

MESSAGE_LENGTH = 300
MAX_ERROR_BYTES = 1 << 16
PARAM_LENGTH = 128
RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 524, 529})
CONNECTION_ERRORS = (aiohttp.ClientError, TimeoutError, OSError)
"""What the HTTP client raises."""
AMBIGUOUS = frozenset({504, 524})
"""A server in front of the vendor gave up waiting: the vendor may have gone on, and bill it."""
UNKNOWN_KEY, FORBIDDEN, LIMITED = 401, 403, 429
CREDENTIAL = frozenset({UNKNOWN_KEY, FORBIDDEN})
WRONG_REQUEST = frozenset({400, 413})
"""Statuses with which some vendors also say that they do not know the key, or that the account has no more room."""
MAX_RETRY_AFTER_S = 3600.0
DATE_LENGTH = 64
_SECRET = re.compile(
    r"Bearer\s+[\w*.\-]{6,}"
    r"|\b(?:sk|pk|rk|xai|gsk|key|api|org|proj)[-_](?=[\w.\-]*[\d*])[\w*.\-]{6,}"
    r"|\b[A-Za-z0-9_\-*]{32,}",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\s*(?:(?:incorrect|invalid) API[ _]key\b|API[ _]key (?:not valid|expired|not found)\b)", re.IGNORECASE
)
"""How a refusal of the gateway's key begins. Further on it may quote what a server of the caller's has said."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def refused(
    status: int, headers: Mapping[str, str], body: bytes, api_key: str, words: Mapping[str, str] = NO_WORDS
) -> ProviderError:
    """The error for an answer with an error status, whatever its bytes; `words` are the vendor's own codes."""
    failure = Failure.TIMEOUT if status in AMBIGUOUS else Failure.REFUSED
    said = read_error(body, words)
    meant = _meant(status, said)
    is_of_key = meant == UNKNOWN_KEY or status in CREDENTIAL
    error = _error(said, meant, failure, api_key, is_of_key=is_of_key, retry_after_s=_retry_after_s(headers))
    is_of_request = meant == LIMITED and TOO_LARGE in error.message.lower()
    if is_of_request or headers.get("x-should-retry", "").lower() == "false":
        error.retryable = False
    return error


def _meant(status: int, said: Said) -> int:
    """The status that others have for what a vendor says: that nothing is wrong with the request itself."""
    if status not in WRONG_REQUEST:
        return status
    if _KEY.match(said.message):
        return UNKNOWN_KEY
    return said.kind if said.kind in (UNKNOWN_KEY, FORBIDDEN, LIMITED) else status


def error_within(
    error: object, api_key: str, *, began: bool, words: Mapping[str, str] = NO_WORDS
) -> ProviderError:
    """The error for a successful answer that holds an error object; `began`: after something was generated, which is
    billed.
    """
    said = said_by(error, words)
    if not began:
        is_of_key = said.status in CREDENTIAL
        return _error(said, said.status, Failure.REFUSED, api_key, is_of_key=is_of_key)
    return broken(f"it ended its answer with an error: {cleaned(said.message, api_key) or 'no reason given'}")


def _error(
    said: Said,
    status: int | None,
    failure: Failure,
    api_key: str,
    *,
    is_of_key: bool,
    retry_after_s: float | None = None,
) -> ProviderError:
    if is_of_key and said.code is None:
        message = "it does not accept the gateway's credentials"  # its own words quote parts of the key
    else:
        message = cleaned(said.message, api_key) or "no reason given"
    return ProviderError(
        f"status {status}: {message}" if status else f"it answered with an error: {message}",
        failure=failure,
        retryable=(status is None or status in RETRYABLE) and said.code is None,
        status=status,
        retry_after_s=retry_after_s,
        param=cleaned(said.param, api_key)[:PARAM_LENGTH] or None if said.param else None,
        code=said.code,
    )


def broken(why: str) -> ProviderError:
    """The error for an answer that broke off or makes no sense: it may be billed."""
    return ProviderError(why, failure=Failure.CUT, retryable=True)


def connection_failed(error: Exception, *, sent: bool = True) -> ProviderError:
    """The error for what the HTTP client raised; `sent`: the vendor can have seen the request."""
    match error:
        case NotSent():
            return _unreachable(error.args[0], retryable=False)
        case aiohttp.ClientSSLError():
            return _unreachable("its certificate or encryption is not accepted", retryable=False)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return _unreachable("it cannot be reached", retryable=True)
        case aiohttp.InvalidURL():
            return _unreachable("its base URL is not valid", retryable=False)
        case _ if not sent:
            return _unreachable("it cannot be reached", retryable=True)
        case TimeoutError():
            return ProviderError("it did not answer in time", failure=Failure.TIMEOUT, retryable=True)
        case Unanswered():
            failed = broken("it closed the connection without an answer")
            failed.resend = True
            return failed
        case aiohttp.ServerDisconnectedError() | ConnectionError() | aiohttp.ClientPayloadError():
            return broken("it closed the connection before its answer was whole")
    return broken(f"its answer is not valid HTTP ({type(error).__name__})")


def cleaned(message: str, api_key: str) -> str:
    """One bounded line of the vendor's words, without anything that looks like a key."""
    message = message.encode("utf-8", "replace").decode()  # half of a surrogate pair cannot be written
    if api_key:
        message = message.replace(api_key, "[removed]")
    message = _SECRET.sub("[removed]", _CONTROL.sub(" ", message[: MESSAGE_LENGTH * 4])).strip()
    return message if len(message) <= MESSAGE_LENGTH else f"{message[:MESSAGE_LENGTH]}..."


def _unreachable(why: str, *, retryable: bool) -> ProviderError:
    return ProviderError(why, failure=Failure.UNREACHABLE, retryable=retryable)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds. A date is read against the answer's own `Date`, because clocks differ, and against the clock where that
    is missing. `retry-after-ms` says the same more exactly.
    """
    given, exact = headers.get("retry-after", ""), headers.get("retry-after-ms", "")
    try:
        seconds = float(exact) / 1_000 if exact else float(given)
    except ValueError:
        until = _moment(given)
        if until is None:
            return None
        said_at = _moment(headers.get("date", "")) or datetime.now(UTC)
        seconds = (until - said_at).total_seconds()
    return None if isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _moment(text: str) -> datetime | None:
    """A date as HTTP writes it."""
    try:
        found = parsedate_to_datetime(text[:DATE_LENGTH])
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
