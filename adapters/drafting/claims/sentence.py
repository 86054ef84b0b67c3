"""A claim is one sentence: it begins with a capital letter and ends with its only full stop."""

from collections.abc import Iterator
from typing import Final

from adapters.drafting.claims.at import finding_at
from adapters.drafting.claims.finding import Finding, Jurisdiction, Severity
from adapters.drafting.claims.read import ClaimSet, ReadClaim
from adapters.drafting.claims.vocabulary import word_set

_ABBREVIATIONS: Final = word_set(
    "e.g i.e eg ie etc vs approx fig figs no nos vol cf al st wt max min temp ca resp inc co corp ltd sp spp "
    "subsp var eq eqs ref refs dr mr conc deg ser pat approx viz incl u.s u.k a.k.a p.m a.m ph.d dia avg sec "
    "in ft lb lbs oz hr hrs mol"
)
_CLOSING: Final = "\"'\u201d\u2019)]"


def check_sentences(claims: ClaimSet, jurisdiction: Jurisdiction) -> Iterator[Finding]:
    """Findings of the code single_sentence."""
    for item in claims.claims:
        if not item.claim.canceled:
            yield from _stops(item)
            yield from _ends(item, jurisdiction)


def _stops(item: ReadClaim) -> Iterator[Finding]:
    text = item.text
    place = text.find(".")
    while place != -1:
        if _ends_sentence(text, place):
            yield finding_at(
                item,
                place,
                place + 1,
                "single_sentence",
                "error",
                "A full stop stands inside the claim; a claim is one sentence.",
                "Write a comma or a semicolon.",
            )
        place = text.find(".", place + 1)


def _ends_sentence(text: str, place: int) -> bool:
    """Whether this full stop is neither the last, nor of an abbreviation, a number, an ellipsis or a list's letter."""
    after = place + 1
    while after < len(text) and text[after] in _CLOSING:
        after += 1
    if after >= len(text) or not text[after].isspace() or text[place - 1 : place] in (".", ""):
        return False
    rest = text[after : after + 40].lstrip()
    if not rest or rest[0] == ".":
        return False
    begin = place
    while begin > max(0, place - 20) and (text[begin - 1].isalnum() or text[begin - 1] == "."):
        begin -= 1
    word = text[begin:place].lower()
    if word in _ABBREVIATIONS:
        # `in.` and `no.` are words as well: only before a number or in the middle of a measure are they short.
        return word in ("in", "no", "sec", "al", "co") and not (
            rest[0].isdigit() or text[begin - 2 : begin - 1].isdigit()
        )
    before = text[max(0, begin - 1) : begin]
    if len(word) <= 3 and (word.isdigit() or len(word) == 1 or set(word) <= set("ivx")):
        return not _is_marker(text, begin) and not (
            before == "\u00b0" or (len(word) == 1 and text[begin].isupper())
        )
    return True


def _is_marker(text: str, begin: int) -> bool:
    """Whether the letter or number begins a part of a list: after a line's end, a colon, or a semicolon."""
    place = begin
    while place > 0 and text[place - 1] in " \t":
        place -= 1
    if text[place - 1 : place] == ":" and text[begin].isdigit():  # `SEQ ID NO: 26`
        return not text[max(0, place - 4) : place - 1].endswith(("NO", "NOs", "No", "Nos", "NOS"))
    return place == 0 or text[place - 1] in "\n\r:;,"


def _ends(item: ReadClaim, jurisdiction: Jurisdiction) -> Iterator[Finding]:
    text = item.text.rstrip(_CLOSING + " \t\n\r")
    end: tuple[int, str, str] | None = None
    if text and not text.endswith("."):
        end = 1, "The claim does not end with a full stop.", "End it with a full stop."
    elif _ends_twice(text):
        end = 2, "The claim ends with two full stops.", "Leave one of them out."
    if end is not None:
        width, problem, remedy = end
        severity: Severity = "error" if jurisdiction == "US" else "warning"
        yield finding_at(item, len(text) - width, len(text), "single_sentence", severity, problem, remedy)
    if text and text[0].islower():
        yield finding_at(
            item,
            0,
            1,
            "single_sentence",
            "warning",
            "The claim begins in lower case.",
            f"Write `{text[0].upper()}`.",
        )


def _ends_twice(text: str) -> bool:
    """Whether two full stops end it, of which the first is neither an abbreviation's nor of an ellipsis."""
    words = text.removesuffix("..").split()
    return (
        text.endswith("..")
        and bool(words)
        and words[-1].lower() not in _ABBREVIATIONS
        and words[-1][-1] != "."
    )
