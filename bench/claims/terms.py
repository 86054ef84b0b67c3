"""Terms of real claims, found by comparing strings alone: the mutator must not share the checker's idea of a phrase."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.claims.real import RealSet

_INTRODUCED = re.compile(
    r"\b(?=(an?|at least one|one or more|a plurality of) ((?:[A-Za-z][\w-]*)(?: [A-Za-z][\w-]*){0,7}))",
    re.IGNORECASE,
)
_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "said",
        "of",
        "to",
        "for",
        "in",
        "on",
        "by",
        "with",
        "and",
        "or",
        "that",
        "which",
        "is",
        "are",
        "from",
        "at",
        "as",
        "into",
        "between",
        "within",
        "when",
        "under",
        "over",
        "through",
        "via",
        "per",
        "upon",
        "after",
        "before",
        "during",
        "while",
        "where",
        "wherein",
        "whether",
        "based",
        "being",
    ]
)
_MAY_FOLLOW = _SMALL | frozenset(
    [
        "has",
        "have",
        "having",
        "comprises",
        "comprise",
        "comprising",
        "includes",
        "include",
        "including",
        "configured",
        "adapted",
        "connected",
        "coupled",
        "arranged",
        "disposed",
        "provided",
        "formed",
        "located",
        "positioned",
        "was",
        "were",
        "can",
        "may",
        "will",
        "further",
        "using",
    ]
)
"""After these words a term has surely ended."""


@dataclass(frozen=True, slots=True)
class Introduction:
    """`a term` at one place of a claim, where `the term` comes later in that claim or in one that depends on it."""

    claim: int
    start: int
    """Of the article or quantity."""
    term_start: int
    end: int
    term: str
    uses: tuple[tuple[int, int, int], ...]
    """Claim and offsets of every `the term` and `said term` that comes later, the term alone."""

    @property
    def noun(self) -> str:
        return self.term.split()[-1].lower()


def introductions(claims: RealSet) -> list[Introduction]:
    """Every one, with the longest term that is used again in the same words, and not as the beginning of another."""
    found = list(_repeated(claims))
    terms = {intro.term.lower() for intro in found}
    kept = []
    for intro in found:
        longer = [term for term in terms if term.startswith(f"{intro.term.lower()} ")]
        uses = tuple(
            (claim, start, end)
            for claim, start, end in intro.uses
            if not any(claims.claims[claim][start : start + len(term)].lower() == term for term in longer)
        )
        if uses:
            kept.append(replace(intro, uses=uses))
    return kept


def _repeated(claims: RealSet) -> Iterator[Introduction]:
    for number, text in claims.claims.items():
        for match in _INTRODUCED.finditer(text):
            if match.start() == 0:  # the claim's own name
                continue
            words = match[2].split(" ")
            for length in range(len(words), 0, -1):
                if any(word.lower() in _SMALL for word in words[:length]) or _is_no_noun(
                    words[length - 1].lower()
                ):
                    continue
                term = " ".join(words[:length])
                end = match.start(2) + len(term)
                uses = tuple(_uses(claims, number, term, end))
                if uses and _ends_at(text, end):
                    yield Introduction(number, match.start(), match.start(2), end, term, uses)
                    break


def _is_no_noun(word: str) -> bool:
    return word in ("first", "second", "third") or word.endswith(("ed", "able", "ing"))


def _ends_at(text: str, end: int) -> bool:
    """Whether no other noun follows, so that the term is the whole name of something."""
    following = re.match(r" ([A-Za-z][\w-]*)", text[end : end + 40])
    return following is None or following[1].lower() in _MAY_FOLLOW


def _uses(claims: RealSet, number: int, term: str, after: int) -> Iterator[tuple[int, int, int]]:
    pattern = re.compile(rf"\b(?:the|said) ({re.escape(term)})(?![\w-])", re.IGNORECASE)
    for other in (number, *claims.descendants(number)):
        for match in pattern.finditer(claims.claims[other]):
            if (other != number or match.start() > after) and _ends_at(claims.claims[other], match.end(1)):
                yield other, match.start(1), match.end(1)


def stands_before(claims: RealSet, number: int, offset: int, word: str) -> bool:
    """Whether the word, singular or plural, stands earlier in the claim or anywhere in those it depends on."""
    pattern = re.compile(rf"\b{re.escape(word)}(?:s|es)?(?![\w])", re.IGNORECASE)
    texts = [claims.claims[number][:offset], *(claims.claims[other] for other in claims.ancestors(number))]
    return any(pattern.search(text) for text in texts)


def is_followed_by_of(text: str, end: int) -> bool:
    """`the length of` may be inherent in what follows."""
    return text[end : end + 4] == " of "
