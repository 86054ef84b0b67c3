"""Wording that leaves a claim's bounds open, and functions without structure."""

from collections.abc import Iterator
from typing import Final

from adapters.drafting.claims.at import finding_at_tokens
from adapters.drafting.claims.finding import Finding, Jurisdiction, Severity
from adapters.drafting.claims.read import ClaimSet, ReadClaim
from adapters.drafting.claims.vocabulary import word_set

_EXEMPLARY: Final = "gives an example or a preference, which leaves open what is claimed"
_DEGREE: Final = "is a term of degree: the description must say how it is measured"
_POSSIBLE: Final = "says what is possible, which limits nothing"
_KINDS: Final[tuple[tuple[str, Severity, str, str], ...]] = (
    (
        "for example|for instance|such as|e.g|preferably|in particular|particularly|or the like|and the like|etc|"
        "more preferably|especially|typically|ideally|usually|normally|advantageously|desirably|exemplary",
        "warning",
        _EXEMPLARY,
        "Leave it out, or put it into a dependent claim.",
    ),
    (
        "relatively|comparatively|similar to|or similar|roughly|nearly|sufficiently|appreciably|significantly|closely|"
        "easily|readily|quickly|rapidly|slightly|somewhat|superior|suitable|desired|approximate|type thereof",
        "warning",
        _DEGREE,
        "Name a measure, or leave it out.",
    ),
    (
        "substantially|about|approximately|essentially|generally|high|low|thin|large",
        "note",
        _DEGREE,
        "Check that the description says how it is measured.",
    ),
    ("optionally", "note", "makes what follows no limitation", "Put it into a dependent claim."),
    ("may|can", "note", _POSSIBLE, "Say what is, not what is possible."),
)
_WORDING: Final[dict[tuple[str, ...], tuple[Severity, str, str]]] = {
    tuple(words.split()): (severity, why, advice)
    for together, severity, why, advice in _KINDS
    for words in together.split("|")
}
_LONGEST: Final = max(map(len, _WORDING))
_NONCE: Final = word_set("mechanism module device unit component element member apparatus machine system")
"""MPEP 2181, I.A: words that may stand for `means`."""


def check_wording(claims: ClaimSet, jurisdiction: Jurisdiction) -> Iterator[Finding]:
    """Findings of the codes indefinite_term and means_plus_function."""
    for item in claims.claims:
        yield from _indefinite(item)
        yield from _functions(item, jurisdiction)


def _indefinite(item: ReadClaim) -> Iterator[Finding]:
    words = [token.lower for token in item.tokens]
    place = 0
    while place < len(words):
        for width in range(_LONGEST, 0, -1):
            known = _WORDING.get(tuple(words[place : place + width]))
            if known is not None and not (words[place] == "about" and _is_around(words, place)):
                severity, why, advice = known
                said = " ".join(words[place : place + width])
                yield finding_at_tokens(
                    item, place, place + width, "indefinite_term", severity, f"`{said}` {why}.", advice
                )
                place += width - 1
                break
        place += 1


def _is_around(words: list[str], place: int) -> bool:
    """`rotates about an axis` measures nothing."""
    return words[place + 1 : place + 2] != [] and words[place + 1] in (
        "a",
        "an",
        "the",
        "said",
        "its",
        "each",
        "which",
    )


def _functions(item: ReadClaim, jurisdiction: Jurisdiction) -> Iterator[Finding]:
    words = [token.lower for token in item.tokens]
    rule = "35 USC 112(f) may apply" if jurisdiction == "US" else "it is a functional feature"
    for place, word in enumerate(words):
        following = words[place + 1 : place + 4]
        if place == 0 or not following:
            continue
        means = word == "means" and (
            following[0] in ("for", "to", "configured", "adapted") or _is_act(words, place)
        )
        step = word == "step" and following[0] == "for"
        nonce = (
            place > 2
            and word in _NONCE
            and following[0] == "for"
            and following[1:2] != []
            and following[1].endswith("ing")
        )
        if means or step or nonce:
            yield finding_at_tokens(
                item,
                place,
                place + 2,
                "means_plus_function",
                "note",
                f"`{word} {following[0]}` names a function, not what does it; {rule}.",
                "Make sure that the description shows the structure for it, or name the structure.",
            )


def _is_act(words: list[str], place: int) -> bool:
    """`means, coupled to the bus, for storing`; `by means of` is none."""
    return words[place + 1] == "," and "for" in words[place + 2 : place + 12]
