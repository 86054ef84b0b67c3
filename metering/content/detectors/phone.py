"""Phone numbers, by Google's tables (`phonenumbers`).

With the country's code a number stands for itself. Without it, one that is grouped as in North America is taken for one
of there; any other only where a word before it says that it is a phone's, and some country of REGIONS has such numbers.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import phonenumbers

from metering.content.detectors.detector import BLANKS, DASHES, DIGITS, Detector, Span, at, compiled

REGIONS = ("US", "GB", "DE", "FR", "IT", "ES", "NL", "CH", "AT", "BE", "SE", "PL", "IN", "JP", "AU", "BR")
_SAID = re.compile(
    rb"(?i)(?:phone|tel(?:efon|efono|ephone)?|t\xc3\xa9l|mobil(?:e|nummer)?|cell|handy|fax|hotline|call(?: me| us)?|"
    rb"ring|reach (?:me|us)|whatsapp|rufnummer|num\xc3\xa9ro|sms|dial|m\xc3\xb3vil)\b[^0-9]{0,16}$"
)
_GAP = rb"(?:[ .-]|\xc2\xa0|\xe2\x80[\x87\x89\x90-\x93\xaf])"
"""BLANKS, DASHES or a point, in bytes."""
_NORTH_AMERICAN = re.compile(
    rb"(?:1" + _GAP + rb")?(?:\(\d{3}\)" + _GAP + rb"?|\d{3}" + _GAP + rb")\d{3}" + _GAP + rb"\d{4}(?!\d)"
)
_OTHER_GAP = re.compile(r"[^\x00-\x7f]")
_BEFORE = 32
LEAST_DIGITS, MOST_DIGITS = 7, 15
MOST_LOOKED_UP = 20_000
"""Numbers of one request that are looked up; what looks like a phone's beyond them is taken for one. A text that is
made to be slow takes a second or two then, and nothing goes unseen.
"""
_left: ContextVar[list[int] | None] = ContextVar("looked_up", default=None)
"""How many may still be looked up, in a list of one; None: as many as there are."""
MOST_TRIES = 4
"""So many ends of a candidate are tried: it may have taken in a number that follows."""


@contextmanager
def looking_up_at_most(count: int = MOST_LOOKED_UP) -> Iterator[None]:
    """A block in which no more numbers are looked up."""
    token = _left.set([count])
    try:
        yield
    finally:
        _left.reset(token)


def _check(text: bytes, start: int, end: int) -> Span | None:
    before = at(text, start - 1)
    if before in DIGITS or (before in b".,/-_" and at(text, start - 2) in DIGITS) or before in b"$_#/=&":
        return None
    if text.startswith(b"+", start) or text.startswith(b"00", start):
        return _first(text, start, end, (None,))
    there = _NORTH_AMERICAN.match(text, start)
    if there is not None and _is_phone(text, start, there.end(), "US"):
        return Span(start, there.end())
    before_it = text[max(0, start - _BEFORE) : start]
    if before_it.lower() != before_it.upper() and _SAID.search(before_it):
        return _first(text, start, end, REGIONS)
    return None


def _first(text: bytes, start: int, end: int, regions: tuple[str | None, ...]) -> Span | None:
    """The longest that is a number in one of the regions."""
    for stop in _ends(text, start, end):
        if any(_is_phone(text, start, stop, region) for region in regions):
            return Span(start, stop)
    return None


def _ends(text: bytes, start: int, end: int) -> list[int]:
    """Where it may end: at its own end, and before each of its last groups."""
    found = [end]
    place = end - 1
    while place > start + LEAST_DIGITS - 1 and len(found) < MOST_TRIES:
        if text[place] not in DIGITS and text[place] not in b".-)" and text[place - 1] in DIGITS:
            found.append(place)
        place -= 1
    return found


def _is_phone(text: bytes, start: int, end: int, region: str | None) -> bool:
    if at(text, end) in b".,-/:" and at(text, end + 1) in DIGITS:
        return False
    written = _OTHER_GAP.sub(" ", text[start:end].decode())
    digits = sum(map(str.isdigit, written))
    if not LEAST_DIGITS <= digits <= MOST_DIGITS + 2:
        return False
    left = _left.get()
    if left is not None:
        if left[0] <= 0:
            return True
        left[0] -= 1
    if region is None and not written.startswith("+"):
        written = "+" + written[2:].lstrip()
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(written, region))
    except phonenumbers.NumberParseException:
        return False


PHONE = Detector(
    kind="phone",
    name="a phone number",
    pattern=compiled(
        rb"\+\d{1,4}(?:[./" + BLANKS + DASHES + rb"]?\(?\d{1,12}\)?){1,7}\b"
        rb"|(?:\(\d{2,5}\)|\b\d{1,5})(?:[./" + BLANKS + DASHES + rb"]{1,3}\(?\d{2,10}\)?){1,6}\b"
        rb"|\b\d{7,15}\b"
    ),
    check=_check,
)
