"""Keys and tokens of known vendors, private keys, tokens of JSON, bearer tokens, and passwords in addresses."""

import base64
import binascii
import re

from metering.content.detectors.detector import WORD, Detector, Span, at, compiled
from metering.content.detectors.key_forms import FORMS, KeyForm

_REST = re.compile(rb"[A-Za-z0-9_.=+/-]{0,300}")
_JWT = re.compile(rb"[A-Za-z0-9_-]{10,400}\.[A-Za-z0-9_.=-]{10,8000}")
MOST_OF_A_KEY = 8_192
PEM, PEM_END = b"-----BEGIN ", b"-----END "
LEAST_DIFFERENT = 8
"""A key is random; fewer characters that differ are an example's `sk-xxxxxxxx`."""
_BEGINS = "|".join(re.escape(form.begins) for form in FORMS)
_BY_BEGINNING: dict[str, list[KeyForm]] = {}
for _form in FORMS:
    _BY_BEGINNING.setdefault(_form.begins[:2], []).append(_form)


def _check(text: bytes, start: int, end: int) -> Span | None:
    if text.startswith(PEM, start):
        return _private_key(text, start, end)
    head = text[start:end]
    if head.endswith(b"@"):
        return _password(text, start, end)
    if head[:6].lower() == b"bearer":
        return _bearer(text, start)
    if head.startswith(b"eyJ"):
        return _jwt(text, start)
    written = _run(text, start).decode("ascii")
    for form in _BY_BEGINNING[written[:2]]:
        if written.startswith(form.begins):
            rest = form.rest_of(written)
            if form.low <= len(rest) <= form.high and _is_random(rest):
                return Span(start, start + len(form.begins) + len(rest))
    return None


def _is_random(rest: str) -> bool:
    if "EXAMPLE" in rest or "example" in rest:
        return False
    return len(set(rest)) >= LEAST_DIFFERENT and any(map(str.isdigit, rest))


def _jwt(text: bytes, start: int) -> Span | None:
    found = _JWT.match(text, start)
    if found is None:
        return None
    parts = found.group().rstrip(b".=").split(b".")
    head = parts[0]
    try:
        is_json = b'"' in base64.urlsafe_b64decode(head + b"=" * (-len(head) % 4))
    except binascii.Error:
        return None
    return Span(start, found.end()) if is_json and len(parts) in (3, 5) else None


def _run(text: bytes, start: int) -> bytes:
    """What is written there without a break."""
    found = _REST.match(text, start)
    return found.group().rstrip(b".") if found is not None else b""


def _private_key(text: bytes, start: int, end: int) -> Span | None:
    """To its last line; where that is missing, as far as a key goes, but not out of a text within a text."""
    most = min(len(text), start + MOST_OF_A_KEY)
    last = text.find(PEM_END, end, most)
    if last >= 0:
        closed = text.find(b"-----", last + len(PEM_END), last + 64)
        return Span(start, closed + 5 if closed >= 0 else last)
    quote = text.find(b'"', end, most)
    return Span(start, quote if quote >= 0 else most)


def _password(text: bytes, start: int, end: int) -> Span | None:
    """`scheme://name:password@`, of which the password is the private part."""
    colon = text.index(b":", text.index(b"//", start) + 2)
    secret = text[colon + 1 : end - 1]
    if not secret or secret[:1] in b"<${[%*" or secret.lower() in (b"password", b"pass", b"secret", b"xxx"):
        return None
    return Span(colon + 1, end - 1)


def _bearer(text: bytes, start: int) -> Span | None:
    place = start + len(b"bearer ")
    found = _run(text, place)
    stop, written = place + len(found), found.decode("ascii")
    if len(written) < 20 or len(set(written)) < LEAST_DIFFERENT or not any(map(str.isdigit, written)):
        return None
    return None if at(text, stop) in WORD else Span(place, stop)


KEY = Detector(
    kind="key",
    name="a key or token",
    pattern=compiled(
        rb"-----BEGIN [A-Z ]{0,24}PRIVATE KEY(?: BLOCK)?-----"
        rb"|\b[a-z][a-z0-9+]{1,15}://[^\s/:@\"'<>]{0,64}:[^\s/@\"'<>]{1,128}@"
        rb"|(?i:\bbearer )[A-Za-z0-9]"
        rb"|\b(?:" + _BEGINS.encode() + rb")[A-Za-z0-9_+/-]{8}"
    ),
    check=_check,
)
