"""Whether each `the X` and `said X` has been introduced: surely not, nearly, or twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from adapters.drafting.claims import inherent
from adapters.drafting.claims.finding import Finding
from adapters.drafting.claims.phrases import Phrase
from adapters.drafting.claims.read import ClaimSet, ReadClaim
from adapters.drafting.claims.scope import Scope, Term
from adapters.drafting.claims.words import COMPARATIVES, NOUNS_IN_ING, ORDINALS, STOPS, VERBS, stem

_STEPS: Final = frozenset(("step", "steps", "act", "acts", "operation", "operations", "process", "stage"))
_ORDINALS: Final = frozenset(map(stem, ORDINALS))


@dataclass(slots=True)
class _Place:
    """Where a phrase is read."""

    item: ReadClaim
    phrase: Phrase
    scope: Scope
    claims: int
    """Bits of this claim and all that it depends on."""
    said: dict[str, int]
    """Of each ambiguous name: the claims that have been told so."""


def check_antecedents(claims: ClaimSet) -> Iterator[Finding]:
    """Findings of the codes antecedent_missing, antecedent_near and antecedent_duplicate."""
    scope = Scope()
    said: dict[str, int] = {}
    for item in claims.claims:
        bit = 1 << item.place
        seen: set[str] = set()
        read = 0
        for order, phrase in enumerate(item.phrases):
            for token in item.tokens[read : phrase.start]:
                scope.add_word(token.lower, item.place)
            read = phrase.start
            if not phrase.stems:
                continue
            place = _Place(item, phrase, scope, item.ancestors | bit, said)
            if phrase.definite and not _is_subject(item, order):
                yield from _missing(place, claims)
            elif phrase.article:
                yield from _twice(place, seen)
            scope.add(phrase, item.place)


def _is_subject(item: ReadClaim, order: int) -> bool:
    """Whether the phrase is the claim's own name, or is explained by a claim: `the device of claim 1`."""
    phrase = item.phrases[order]
    if order == 0 and phrase.first == 0:
        return True
    after = {reference.first: reference for reference in item.references}
    return any(place in after for place in range(phrase.stop, phrase.stop + 4)) and all(
        token.lower in STOPS or token.lower in (",", "claimed", "defined", "recited", "set", "forth", "claim", "claims")
        for token in item.tokens[phrase.stop : phrase.stop + 3]
    )


def _missing(place: _Place, claims: ClaimSet) -> Iterator[Finding]:
    phrase, scope = place.phrase, place.scope
    if _points_by_itself(place):
        return
    readings = _readings(phrase)
    known = [reading for reading in readings if scope.has(reading, place.claims)]
    if known:
        yield from _only_in_some_parents(place, known, claims)
        yield from _ambiguous(place, readings[0])
        return
    if _is_inherent(place) or any(_is_act(place, reading) for reading in readings):
        return
    near = _near(place, [reading for reading in readings if reading == phrase.stems[: len(reading)]])
    if near is not None or _is_short_for_a_term(place):
        yield _finding(
            place,
            "antecedent_near",
            "warning",
            "is not introduced in these words; an earlier term is similar.",
            f"If it is meant, write `the {' '.join(near.words)}`." if near else "Write the term whose initials these are.",
        )
        return
    unsure = _may_be_inherent(place)
    other = _same_noun(place, readings)
    introduce = f"introduce it first, as in `{_introduction(phrase)}`"
    yield _finding(
        place,
        "antecedent_missing",
        "warning" if unsure else "error",
        "may lack an antecedent: nothing says whose it is." if unsure else "has no antecedent in this claim or its parents.",
        f"Write `the {' '.join(other.words)}` if that is meant, or {introduce}."
        if other
        else f"{introduce[0].upper()}{introduce[1:]}.",
    )


def _readings(phrase: Phrase) -> list[tuple[str, ...]]:
    """The names that the phrase may mean, the likeliest first."""
    readings = [phrase.stems[:end] for end in phrase.ends]
    shared = phrase.shared
    if shared and phrase.stems[-len(shared) :] != shared:
        joined = (*phrase.stems, *shared)
        readings = [joined, *readings] if phrase.words[-1] in ORDINALS else [*readings, joined]
    return readings


def _points_by_itself(place: _Place) -> bool:
    """`the following`, `the same`, `the largest of`, `the first` alone."""
    phrase = place.phrase
    first, last = phrase.words[0], phrase.words[-1]
    return (
        place.item.tokens[phrase.start].lower == "same"
        or first in inherent.UNIQUE
        or last in inherent.UNIQUE
        or first in inherent.SUPERLATIVES
        or all(word in ORDINALS or word.isdigit() or len(word) == 1 for word in phrase.words)
        or all(word[0].isdigit() for word in phrase.words)
        or (first in ORDINALS and len(phrase.words) > 2 and (len(phrase.words[1]) == 1 or phrase.words[1].isdigit()))
        or (first in COMPARATIVES and len(phrase.words) == 1)
    )


def _after(place: _Place) -> str | None:
    tokens, stop = place.item.tokens, place.phrase.stop
    if stop < len(tokens) and tokens[stop].text == "(":  # a reference sign
        stop += 3
    return tokens[stop].lower if stop < len(tokens) else None


def _is_inherent(place: _Place) -> bool:
    """A part or property whose owner is named: `the length of the tube`."""
    phrase, after = place.phrase, _after(place)
    noun = phrase.words[-1]
    if "'s" in noun:
        return False
    if any(word.endswith("'s") for word in phrase.words[:-1]):
        return True
    if after == "thereof":
        return True
    if any(word in ORDINALS for word in phrase.words):
        return False
    if inherent.is_part(noun) or noun in VERBS:
        owners = inherent.OWNERS if len(phrase.words) == 1 else inherent.SURE_OWNERS
        return after in owners or _has_owner_before(place)
    return inherent.names_property(noun) and (after in inherent.SURE_OWNERS or _has_owner_before(place))


def _has_owner_before(place: _Place) -> bool:
    """`the tube length` of a tube that is there."""
    stems = place.phrase.stems[:-1]
    return bool(stems) and place.scope.has_whole(stems, place.claims)


def _may_be_inherent(place: _Place) -> bool:
    """A part or property whose owner is not named, or a thing of something that is named here first."""
    phrase = place.phrase
    noun = phrase.words[-1]
    if any(word in ORDINALS for word in phrase.words):
        return False
    return inherent.is_part(noun) and len(phrase.words) == 1


def _is_act(place: _Place, reading: tuple[str, ...]) -> bool:
    """`the rotation` after `rotating`; `the received signal` after `receiving a signal`; `the heating`."""
    phrase, scope, claims = place.phrase, place.scope, place.claims
    words = phrase.words[: len(reading)]
    if len(words) < len(reading):
        return False
    noun = words[-1]
    if len(words) == 1:
        return noun not in NOUNS_IN_ING and (noun.endswith("ing") or scope.has_root(noun, claims))
    if inherent.is_part(noun) and scope.has_root(words[-2], claims):
        return True
    if noun in _STEPS and (words[0].endswith(("ing", "ed")) or scope.has_root(words[-2], claims)):
        return True
    if scope.has_root(noun, claims) and all(scope.has((one,), claims) for one in reading[:-1]):
        return True
    drop = 0
    while drop < len(words) - 1 and words[drop].endswith(("ed", "ing", "ly")):
        drop += 1
    return drop > 0 and scope.has(reading[drop:], claims) and scope.has_root(words[drop - 1], claims)


def _near(place: _Place, readings: list[tuple[str, ...]]) -> Term | None:
    """A term that has all the words of this one, or of which this one has all the words; or a slip of the pen."""
    for reading in readings:
        words = _core(reading, place.phrase.words)
        ordinals = words & _ORDINALS
        for term in place.scope.with_head(reading[-1], place.claims):
            other = _core(term.stems, term.words)
            if (words <= other or other <= words) and _agree(ordinals, other & _ORDINALS):
                return term
        for term in place.scope.with_word(reading[-1], place.claims):
            if term.stems[: len(reading)] == reading and len(reading) > 1:
                return term
    return _misspelt(place, readings[0])


def _core(stems: tuple[str, ...], words: tuple[str, ...]) -> set[str]:
    """The stems without those of participles before the noun: `identified`, `preselected`."""
    return {
        one
        for place, one in enumerate(stems)
        if place == len(stems) - 1 or place >= len(words) or not words[place].endswith("ed")
    }


def _is_short_for_a_term(place: _Place) -> bool:
    """`the MS` of a mobile station."""
    phrase = place.phrase
    text = place.item.tokens[phrase.places[0]].text
    short = len(phrase.words) == 1 and len(text) > 1 and text.rstrip("s").isupper()
    return short and bool(place.scope.initials.get(text.rstrip("s").lower(), 0) & place.claims)


def _agree(ordinals: set[str], others: set[str]) -> bool:
    return not ordinals or not others or bool(ordinals & others)


def _misspelt(place: _Place, reading: tuple[str, ...]) -> Term | None:
    whole = "".join(reading)
    for word in reading:
        for term in (*place.scope.with_head(word, place.claims), *place.scope.with_word(word, place.claims)):
            if len(term.stems) == len(reading) and is_one_edit("".join(term.stems), whole):
                return term
    return None


def is_one_edit(one: str, other: str) -> bool:
    """Whether one letter changed, added or left out makes one the other; only for words long enough to tell."""
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1 or one == other:
        return False
    place = 0
    while place < min(len(one), len(other)) and one[place] == other[place]:
        place += 1
    return one[place + 1 :] in (other[place:], other[place + 1 :]) or one[place:] == other[place + 1 :]


def _same_noun(place: _Place, readings: list[tuple[str, ...]]) -> Term | None:
    terms = place.scope.with_head(readings[0][-1], place.claims)
    return next((term for term in terms if term.counted & place.claims), None)


def _ambiguous(place: _Place, reading: tuple[str, ...]) -> Iterator[Finding]:
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
        yield _finding(
            place, "antecedent_near", "warning", "may mean more than one earlier term.", f"Write {names}."
        )


def _only_in_some_parents(
    place: _Place, known: list[tuple[str, ...]], claims: ClaimSet
) -> Iterator[Finding]:
    """A claim that depends on several takes its terms from each of them."""
    item = place.item
    if len(item.parents) < 2:
        return
    own = 1 << item.place
    without = [
        claims.claims[parent].number
        for parent in item.parents
        if not any(
            place.scope.has(reading, own | 1 << parent | claims.claims[parent].ancestors) for reading in known
        )
    ]
    if without:
        numbers = ", ".join(map(str, without[:5]))
        yield _finding(
            place,
            "antecedent_missing",
            "warning",
            f"has no antecedent where the claim depends on claim {numbers}.",
            "Introduce it in each of the claims, or depend only on those that do.",
        )


def _twice(place: _Place, seen: set[str]) -> Iterator[Finding]:
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
    yield _finding(
        place,
        "antecedent_duplicate",
        "warning",
        "is introduced a second time.",
        f"Write `the {' '.join(phrase.words)}` if it is the same, or `another {' '.join(phrase.words)}`.",
    )


def _introduction(phrase: Phrase) -> str:
    first, last = phrase.words[0], phrase.words[-1]
    article = "an " if first[0] in "aeio" or (first[0] == "u" and first[:3] not in ("use", "uni", "uti")) else "a "
    plural = last.endswith("s") and phrase.stems[-1] != last and not last.endswith(("ss", "us", "is"))
    return f"{'' if plural else article}{' '.join(phrase.words)}"


def _finding(place: _Place, code: str, severity: str, says: str, suggestion: str) -> Finding:
    tokens, phrase = place.item.tokens, place.phrase
    start, end = tokens[phrase.first].start, tokens[phrase.places[phrase.ends[0] - 1]].end
    text = place.item.text[start:end]
    return Finding(
        code=code,
        severity=severity,  # type: ignore[arg-type]
        claim=place.item.number,
        start=start,
        end=end,
        text=text,
        message=f"`{text}` {says}",
        suggestion=suggestion,
    )
