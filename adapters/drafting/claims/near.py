"""Earlier terms that a phrase may mean although its words are others."""

from typing import Final

from adapters.drafting.claims.needs import Place
from adapters.drafting.claims.scope import Term
from adapters.drafting.claims.vocabulary import word_set
from adapters.drafting.claims.words import is_plural

COLLECTIVES: Final = word_set("pair array set group series stack bank row matrix bundle cluster")
"""Of `an electrode pair` the electrodes may be meant."""


def near_term(place: Place, readings: list[tuple[str, ...]]) -> tuple[Term | None, int]:
    """A term that has all the words of this one, or of which this one has all the words; or a slip of the pen.

    With it how many words of the phrase it was compared with.
    """
    for reading in readings:
        words = _core(reading, place.phrase.words)
        for term in place.scope.with_head(reading[-1], place.claims):
            other = _core(term.stems, term.words)
            if words <= other or other <= words:
                return term, len(reading)
        for term in place.scope.with_word(reading[-1], place.claims):
            if term.stems[: len(reading)] == reading and len(reading) > 1:
                return term, len(reading)
            if (
                term.words[-1] in COLLECTIVES
                and term.stems[-1 - len(reading) : -1] == reading
                and is_plural(place.phrase.words[len(reading) - 1])
            ):
                return term, len(reading)
    for reading in readings:
        if (meant := _misspelt(place, reading)) is not None:
            return meant, len(reading)
    return None, 0


def _core(stems: tuple[str, ...], words: tuple[str, ...]) -> set[str]:
    """The stems without those of participles before the noun: `identified`, `preselected`."""
    return {
        one
        for place, one in enumerate(stems)
        if place == len(stems) - 1 or place >= len(words) or not words[place].endswith("ed")
    }


def is_short_for_a_term(place: Place) -> bool:
    """`the MS` of a mobile station."""
    phrase = place.phrase
    text = place.item.tokens[phrase.places[0]].text
    short = len(phrase.words) == 1 and len(text) > 1 and text.rstrip("s").isupper()
    return short and bool(place.scope.initials.get(text.rstrip("s").lower(), 0) & place.claims)


def _misspelt(place: Place, reading: tuple[str, ...]) -> Term | None:
    whole = "".join(reading)
    terms = place.scope.beginning_like(whole, place.claims)
    return next((term for term in terms if is_slip("".join(term.stems), whole)), None)


def is_slip(one: str, other: str) -> bool:
    """Whether one letter changed, added, left out or swapped makes one the other; of short words never."""
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1 or one == other:
        return False
    place = 0
    while place < min(len(one), len(other)) and one[place] == other[place]:
        place += 1
    rest, other_rest = one[place:], other[place:]
    return (
        rest[1:] in (other_rest, other_rest[1:])
        or rest == other_rest[1:]
        or (rest[1::-1] == other_rest[:2] and rest[2:] == other_rest[2:])
    )
