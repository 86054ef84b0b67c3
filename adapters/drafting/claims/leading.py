"""The articles and quantities before a noun phrase: `a`, `the`, `said`, `at least one of the`, `a plurality of`."""

from typing import NamedTuple

from adapters.drafting.claims.vocabulary import COUNTING, DEFINITE, DETERMINERS, INDEFINITE, QUANTIFIERS
from adapters.drafting.claims.words import Token

BOUND, OF_BOUND = frozenset({"at", "more", "less", "fewer", "greater"}), frozenset({"least", "most", "than"})
COLLECTIVES = frozenset(
    {"set", "group", "series", "number", "variety", "array", "collection", "list", "sequence"}
)
"""Nouns that are no quantity: in `a group of sensors` the group is what is named."""


class Leading(NamedTuple):
    """The articles and quantities before the own words of a phrase."""

    first: int
    """The first of their tokens that belongs to the phrase."""
    start: int
    """The token after them."""
    definite: bool
    article: bool
    counted: bool


def read_leading(tokens: list[Token], place: int) -> Leading:
    """Read the articles and quantities from the token at `place` on."""
    first = place
    definite = article = counted = False
    while place < len(tokens):
        word = tokens[place].lower
        if word in DETERMINERS:
            if word in DEFINITE and not definite:
                first = place
            definite = word in DEFINITE or (definite and word not in INDEFINITE)
            article |= word in INDEFINITE
            counted |= word in COUNTING
        elif (width := quantity_at(tokens, place)) > 0:
            counted |= not definite
            place += width
            continue
        else:
            break
        place += 1
    return Leading(first, place, definite, article, counted)


def quantity_at(tokens: list[Token], place: int) -> int:
    """Return how many tokens a quantity has here, such as `at least one`, `one or more of` or `two`; 0 for none."""
    words = [token.lower for token in tokens[place : place + 5]]
    is_bound = words[0] in BOUND and len(words) > 1 and words[1] in OF_BOUND
    if is_bound or words[:2] == ["up", "to"]:
        width = 2
    elif words[0] in COLLECTIVES:
        return 0
    else:
        width = 0
    if words[width : width + 1] and (words[width] in QUANTIFIERS or (width and words[width].isdigit())):
        width += 1
        joint, other = [*words[width : width + 2], "", ""][:2]
        if joint in ("or", "and", "to") and other in QUANTIFIERS:
            width += 2
        if words[width : width + 1] == ["of"]:
            width += 1
        return width
    return 0
