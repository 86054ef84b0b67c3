"""What a vendor says is wrong: its sentence, its code, the field it objects to, in whichever shape it writes them.

Read are OpenAI's `{"error": {…}}`, the same in a list (Gemini), FastAPI's `detail`, `errors: […]`, a message that holds
another error as an object or as JSON text (proxies), a bare sentence.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from providers.openai_compatible.lenient_json import NotJson, decode_lenient

MAX_DEPTH = 6
MAX_SEARCHED = 2_000
MAX_WORD = 64
NOT_TAKEN = "field_not_taken"
"""The code of a field, or a value of it, that this model does not take, although others may."""
KNOWN_CODES = {
    "context_length_exceeded": "context_length_exceeded",
    "exceed_context_size_error": "context_length_exceeded",
    "model_max_prompt_tokens_exceeded": "context_length_exceeded",
    "content_filter": "content_filter",
    "content_policy_violation": "content_filter",
    "responsibleaipolicyviolation": "content_filter",
    "data_inspection_failed": "content_filter",
    "insufficient_quota": "insufficient_quota",
    "insufficient_balance": "insufficient_quota",
    "billing_hard_limit_reached": "insufficient_quota",
    "billing_not_active": "insufficient_quota",
    "billing_error": "insufficient_quota",
    "model_not_found": "model_not_found",
    "model_not_exist": "model_not_found",
    "model_decommissioned": "model_not_found",
    "tool_use_failed": "generation_failed",
    "json_validate_failed": "generation_failed",
    "unsupported_parameter": NOT_TAKEN,
    "unsupported_value": NOT_TAKEN,
}
"""Vendors' words → the code that callers know."""
_WORDS: dict[str, re.Pattern[str]] = {
    code: re.compile(words, re.IGNORECASE)
    for code, words in {
        "context_length_exceeded": r"maximum context length|context window|context size|prompt is too long"
        r"|exceeds? the (?:model's )?context|input token count .* exceeds",
        "insufficient_quota": r"insufficient (?:account )?(?:balance|credits?|funds|quota)|credit balance is too low"
        r"|exceeded your current quota|used all available credits",
        "model_not_found": r"\bmodel\b.{0,150}?\b(?:does not exist|not exist|not found)\b|\bis not a valid model\b"
        r"|\bthe model \S{1,100} (?:has been (?:decommissioned|deprecated|retired)"
        r"|is no longer (?:available|supported))\b",
        "content_filter": r"\bcontent violates (?:\w+ ){0,2}(?:guidelines|polic)|\binput was flagged\b"
        r"|content exists risk",
    }.items()
}
"""What vendors without a code write, as a sentence."""
STATUS_OF_WORD = {
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "resource_exhausted": 429,
    "too_many_requests": 429,
    "insufficient_quota": 429,
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "invalid_api_key": 401,
    "authentication_error": 401,
    "permission_error": 403,
    "failed_precondition": 403,
    "not_found_error": 404,
    "overloaded_error": 529,
    "server_error": 500,
    "api_error": 500,
    "internal": 500,
    "unavailable": 503,
}
"""For errors that come without an HTTP status of their own."""
SENTENCES = (
    *("message", "msg", "detail", "error_description", "error_message", "error_msg", "status_msg"),
    "title",
)
INNER = ("error", "errors", "detail", "message", "base_resp")
MARKS = ("errors", "detail", "error_code", "error_msg", "base_resp")
"""Fields of errors that are not called `error`."""
NO_PARAM = ("", "None", "null")
FINE = (None, "", 0, "0", 200, "200")
"""Codes that say that all is well."""


class Said(Struct, frozen=True, kw_only=True):
    """An error in the vendor's words."""

    message: str = ""
    code: str | None = None
    """One that callers know."""
    param: str | None = None
    status: int | None = None
    """An HTTP status, where the error itself names one."""
    kind: int | None = None
    """The status of the word that it has for itself, whatever the status of the answer."""


NO_WORDS: Mapping[str, str] = {}


def read_error(body: bytes, words: Mapping[str, str] = NO_WORDS) -> Said:
    """What the body of an error answer says; nothing where it says nothing, such as a proxy's HTML page.

    `words` are the vendor's own codes with those that are known here.
    """
    try:
        return said_by(decode_lenient(body), words)
    except NotJson:
        text = body.decode("utf-8", "replace").strip()
        plain = text if text.isascii() and text[:1] not in ("<", "{", "[", "") else ""
        return Said(message=plain, code=_code_in([], plain))


def said_by(given: object, vendors_words: Mapping[str, str] = NO_WORDS) -> Said:
    """The same of a decoded error."""
    words: list[str] = []
    found = list(_walk(given, MAX_DEPTH))
    message = next((text for part in found if (text := _sentence(part))), "")
    param: str | None = None
    status: int | None = None
    for part in found:
        if isinstance(part, Mapping):
            for name in ("code", "type", "status"):
                word = part.get(name)
                if isinstance(word, str):
                    words.append(word.strip().lower())
                if vendors_words and (known := vendors_words.get(str(word)[:MAX_WORD].strip())):
                    words.append(known)
                status = status or _status(word)
            param = param or _param(part)
    code = _code_in(words, message)
    kind = next((STATUS_OF_WORD[word] for word in words if word in STATUS_OF_WORD), None)
    return Said(message=message, code=code, param=param, status=status or kind, kind=kind)


def is_error(given: Mapping[str, Any]) -> bool:
    """Whether an object that holds nothing of an answer says what is wrong, although it does not call it `error`."""
    return (
        "error" in (given.get("object"), given.get("type"))
        or any(given.get(name) for name in MARKS)
        or (given.get("code") not in FINE and bool(_sentence(given)))
    )


def _walk(given: object, depth: int) -> Iterator[object]:
    """Errors inside errors, the innermost first: that one says most."""
    if depth == 0:
        return
    if isinstance(given, str):
        if given.lstrip()[:1] in ("{", "["):
            try:
                yield from _walk(decode_lenient(given.encode("utf-8", "surrogatepass")), depth - 1)
            except NotJson:
                pass  # it only looks like it
            else:
                return
        yield given
    elif isinstance(given, list):
        for item in given[:10]:
            yield from _walk(item, depth - 1)
    elif isinstance(given, Mapping):
        for name in INNER:
            inner = given.get(name)
            if isinstance(inner, Mapping | list) or (
                isinstance(inner, str) and inner.lstrip()[:1] in ("{", "[")
            ):
                yield from _walk(inner, depth - 1)
        yield given


def _sentence(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        return ""
    text = next((text for name in SENTENCES if isinstance(text := part.get(name), str) and text), "")
    if not text and isinstance(part.get("error"), str):
        return str(part["error"])
    place = _param(part) if "loc" in part else None
    return f"{place}: {text}" if place and text else text


def _param(part: Mapping[str, Any]) -> str | None:
    """`param`, or FastAPI's path to a field."""
    param, path = part.get("param"), part.get("loc")
    if isinstance(param, str) and param not in NO_PARAM:
        return param
    if isinstance(path, list):
        return ".".join(str(step) for step in path[:10] if step != "body") or None
    return None


def _status(word: object) -> int | None:
    if isinstance(word, str):
        word = int(word) if word.isascii() and word.isdigit() and len(word) == 3 else None
    if isinstance(word, bool) or not isinstance(word, int | float) or not 400 <= word < 600:
        return None
    return int(word)


def _code_in(words: list[str], message: str) -> str | None:
    for word in words:
        if word in KNOWN_CODES:
            return KNOWN_CODES[word]
    message = message[:MAX_SEARCHED]
    return next((code for code, pattern in _WORDS.items() if pattern.search(message)), None)
