"""One text, or a list of texts, becomes numbered claims."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from adapters.drafting.claims.bounds import MAX_CLAIMS
from metering.errors import InvalidRequest

_NUMBER: Final = re.compile(
    r"(?:\*\*)?(?:claim[ \t]{1,4})?(\d{1,4})[ \t]{0,4}\\?[.):](?:\*\*)?[ \t\n]", re.IGNORECASE
)
"""As Markdown has it too: `1\\. ` and `**1.** `."""
_RANGE: Final = re.compile(
    r"(?:claims?[ \t]{1,4})?(\d{1,4})[ \t]?[-\u2013][ \t]?(\d{1,4})[ \t]{0,4}[.):]?[ \t]", re.I
)
_STATUS: Final = re.compile(
    r"\((canceled|cancelled|withdrawn|original|currently amended|previously presented|new|not entered|amended)\)",
    re.IGNORECASE,
)
_GONE: Final = ("canceled", "cancelled", "not entered")
_HEADINGS: Final = re.compile(
    r"#{0,6}[ \t]{0,4}(?:what is claimed is|what we claim is|we claim|i claim|the invention claimed is|claims)"
    r"[ \t]{0,4}:?\s{0,9}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim of a set."""

    number: int
    text: str
    """What stands after its number (and status), without the white space around it."""
    canceled: bool = False
    """Whether its number stands without a claim: `5. (canceled)`."""


def split_claims(claims: str | Sequence[str]) -> list[Claim]:
    """The claims in their order. An item of a list without a number has the next one.

    In one text a claim begins on a new line with its number: `2. `, `2) `, `2 . `, `Claim 2: `, `**2.** `, `2\\. `.
    A text without any number is one claim. Raises InvalidRequest when there are too many, or none.
    """
    items = _pieces(claims) if isinstance(claims, str) else list(claims)
    found: list[Claim] = []
    last = 0
    for item in items:
        text = _without_heading(item.strip())
        for claim in _claims_of(text, last + 1):
            found.append(claim)
            last = claim.number
            if len(found) > MAX_CLAIMS:
                raise InvalidRequest(f"claims must be at most {MAX_CLAIMS:,}.", param="claims")
    if not found:
        raise InvalidRequest("claims must contain a claim.", param="claims")
    return found


def _pieces(text: str) -> list[str]:
    """The text, cut before each line that begins with a claim's number."""
    text = _without_heading(text.strip())
    starts = []
    place = 0
    for line in text.splitlines(keepends=True):
        if _begins_claim(line.lstrip()):
            starts.append(place)
        place += len(line)
    if not starts:
        return [text] if text else []
    if text[: starts[0]].strip():
        starts.insert(0, 0)
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _begins_claim(line: str) -> bool:
    """A numbered step of a method does not: it begins in lower case, and with no article."""
    if match := _NUMBER.match(line + "\n"):
        word = line[match.end() :].split(maxsplit=1)[:1]
        return not word or not word[0][0].islower() or word[0] in ("a", "an", "the")
    return bool(_RANGE.match(line) and _STATUS.search(line[:80]))


def _claims_of(text: str, expected: int) -> list[Claim]:
    if (range_ := _RANGE.match(text)) and (status := _STATUS.match(text, range_.end())):
        first, last = int(range_[1]), int(range_[2])
        if status[1].lower() in _GONE and first <= last < first + MAX_CLAIMS:
            return [Claim(number=number, text="", canceled=True) for number in range(first, last + 1)]
    number, start = expected, 0
    if match := _NUMBER.match(text + "\n"):
        number, start = int(match[1]), min(match.end(), len(text))
    rest = text[start:].lstrip()
    if status := _STATUS.match(rest):
        if status[1].lower() in _GONE:
            return [Claim(number=number, text="", canceled=True)]
        rest = rest[status.end() :].lstrip()
    return [Claim(number=number, text=rest)] if rest or start else []


def _without_heading(text: str) -> str:
    match = _HEADINGS.match(text)
    return text[match.end() :] if match and _NUMBER.match(text[match.end() :] + "\n") else text
