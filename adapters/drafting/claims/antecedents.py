"""Whether each `the X` and `said X` has been introduced: surely not, nearly, or twice."""

from collections.abc import Iterator

from adapters.drafting.claims import inherent
from adapters.drafting.claims.finding import Finding
from adapters.drafting.claims.near import is_short_for_a_term, near_term
from adapters.drafting.claims.needs import (
    Place,
    is_act,
    is_inherent,
    may_be_inherent,
    points_by_itself,
    readings_of,
)
from adapters.drafting.claims.read import ClaimSet, ReadClaim
from adapters.drafting.claims.say import antecedent_finding, introduction_of
from adapters.drafting.claims.scope import Scope, Term
from adapters.drafting.claims.vocabulary import STOPS


def check_antecedents(claims: ClaimSet) -> Iterator[Finding]:
    """Findings of the codes antecedent_missing, antecedent_near and antecedent_duplicate."""
    scope = Scope()
    said: dict[str, int] = {}
    for item in claims.claims:
        bit = 1 << item.place
        seen: set[str] = set()
        named = {reference.first for reference in item.references}
        read = 0
        for order, phrase in enumerate(item.phrases):
            for token in item.tokens[read : phrase.start]:
                scope.add_word(token.lower, item.place)
            read = phrase.start
            if not phrase.stems:
                continue
            place = Place(item, phrase, scope, item.ancestors | bit, said)
            if phrase.definite and not _is_subject(item, order, named):
                yield from _missing(place, claims)
            elif phrase.article:
                yield from _twice(place, seen)
            scope.add(phrase, item.place)


def _is_subject(item: ReadClaim, order: int, named: set[int]) -> bool:
    """Whether the phrase is the claim's own name, or is explained by a claim: `the device of claim 1`.

    `named` are the tokens at which claims are named.
    """
    phrase = item.phrases[order]
    if order == 0 and phrase.first == 0:
        return True
    return any(place in named for place in range(phrase.stop, phrase.stop + 4)) and all(
        token.lower in STOPS
        or token.lower in (",", "claimed", "defined", "recited", "set", "forth", "claim", "claims")
        for token in item.tokens[phrase.stop : phrase.stop + 3]
    )


def _missing(place: Place, claims: ClaimSet) -> Iterator[Finding]:
    """Findings about `the X`, by the first of these that holds:

    1. It points at something by itself, so that it needs no introduction.
    2. One of its readings is known: then only whether in all parents, and whether as one thing.
    3. A thing has it by nature, or it is an act that was told of.
    4. An earlier term is so similar that it may be meant.
    5. It has not been introduced, surely or perhaps.
    """
    phrase, scope = place.phrase, place.scope
    if points_by_itself(place):
        return
    readings = readings_of(phrase)
    known = [reading for reading in readings if scope.has(reading, place.claims)]
    if known:
        yield from _only_in_some_parents(place, known, claims)
        yield from _ambiguous(place, readings[0])
        return
    if is_inherent(place) or any(is_act(place, reading) for reading in readings):
        return
    near, length = near_term(
        place, [reading for reading in readings if reading == phrase.stems[: len(reading)]]
    )
    if near is not None or is_short_for_a_term(place):
        yield antecedent_finding(
            place,
            "antecedent_near",
            "warning",
            "is not introduced in these words; an earlier term is similar.",
            f"If it is meant, write `the {' '.join(near.words)}`."
            if near
            else "Write the term whose initials these are.",
            length,
        )
        return
    unsure = may_be_inherent(place)
    other = _same_noun(place, readings)
    introduce = f"introduce it first, as in `{introduction_of(phrase)}`"
    yield antecedent_finding(
        place,
        "antecedent_missing",
        "warning" if unsure else "error",
        "may lack an antecedent in this claim or its parents."
        if unsure
        else "has no antecedent in this claim or its parents.",
        f"Write `the {' '.join(other.words)}` if that is meant, or {introduce}."
        if other
        else f"{introduce[0].upper()}{introduce[1:]}.",
    )


def _same_noun(place: Place, readings: list[tuple[str, ...]]) -> Term | None:
    terms = place.scope.with_head(readings[0][-1], place.claims)
    return next((term for term in terms if term.counted & place.claims), None)


def _ambiguous(place: Place, reading: tuple[str, ...]) -> Iterator[Finding]:
    """`the sensor` after a first and a second sensor, and no sensor without more."""
    whole = "".join(reading)
    if place.said.get(whole, 0) & place.claims:
        return
    fitting = [
        term
        for term in place.scope.with_head(reading[-1], place.claims)
        if term.counted & place.claims and term.stems[-len(reading) :] == reading
    ]
    if len(fitting) > 1 and all("".join(term.stems) != whole for term in fitting):
        if place.phrase.words[-1].endswith("s") or inherent.is_part(place.phrase.words[-1]):
            return
        place.said[whole] = place.said.get(whole, 0) | 1 << place.item.place
        names = " or ".join(f"`the {' '.join(term.words)}`" for term in fitting[:2])
        yield antecedent_finding(
            place, "antecedent_near", "warning", "may mean more than one earlier term.", f"Write {names}."
        )


def _only_in_some_parents(place: Place, known: list[tuple[str, ...]], claims: ClaimSet) -> Iterator[Finding]:
    """A claim that depends on several takes its terms from each of them."""
    item = place.item
    if len(item.parents) < 2:
        return
    own = 1 << item.place
    if any(place.scope.has(reading, own) for reading in known):
        return
    without = [
        claims.claims[parent].number
        for parent in item.parents
        if not any(
            place.scope.has(reading, own | 1 << parent | claims.claims[parent].ancestors) for reading in known
        )
    ]
    if without:
        numbers = ", ".join(map(str, without[:5]))
        yield antecedent_finding(
            place,
            "antecedent_missing",
            "warning",
            f"has no antecedent where the claim depends on claim {numbers}.",
            "Introduce it in each of the claims, or depend only on those that do.",
        )


def _twice(place: Place, seen: set[str]) -> Iterator[Finding]:
    """`a sensor` where there is a sensor already."""
    phrase = place.phrase
    whole = "".join(phrase.stems)
    noun = phrase.words[-1]
    before = whole in seen
    seen.add(whole)
    inherited = [
        term
        for term in place.scope.with_head(phrase.stems[-1], place.item.ancestors)
        if term.stems == phrase.stems and term.counted & place.item.ancestors
    ]
    if not (before or inherited) or inherent.is_part(noun) or inherent.names_property(noun):
        return
    yield antecedent_finding(
        place,
        "antecedent_duplicate",
        "warning",
        "is introduced a second time.",
        f"Write `the {' '.join(phrase.words)}` if it is the same, or `another {' '.join(phrase.words)}`.",
    )
