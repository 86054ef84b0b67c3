"""Whether a definite phrase needs an introduction at all, and what it may mean (MPEP 2173.05(e))."""

from dataclasses import dataclass
from typing import Final

from adapters.drafting.claims import inherent
from adapters.drafting.claims.phrases import Phrase
from adapters.drafting.claims.read import ReadClaim
from adapters.drafting.claims.scope import Scope
from adapters.drafting.claims.vocabulary import COMPARATIVES, NOUNS_IN_ING, ORDINALS, VERBS
from adapters.drafting.claims.words import is_plural, stem

_STEPS: Final = frozenset(("step", "steps", "act", "acts", "operation", "operations", "process", "stage"))


@dataclass(slots=True)
class Place:
    """Where a phrase is read."""

    item: ReadClaim
    phrase: Phrase
    scope: Scope
    claims: int
    """Bits of this claim and all that it depends on."""
    said: dict[str, int]
    """Of each ambiguous name: the claims that have been told so."""


def readings_of(phrase: Phrase) -> list[tuple[str, ...]]:
    """The names that the phrase may mean, the likeliest first."""
    for place, word in enumerate(phrase.words):
        if word.endswith("'s"):  # of `the user's hand` the user has to be known
            return [(*phrase.stems[:place], stem(word[:-2]))]
    readings = [phrase.stems[:end] for end in phrase.ends]
    shared = phrase.shared
    if shared and phrase.stems[-len(shared) :] != shared:
        joined = (*phrase.stems, *shared)
        readings = [joined, *readings] if phrase.words[-1] in ORDINALS else [*readings, joined]
    return readings


def points_by_itself(place: Place) -> bool:
    """`the following`, `the same`, `the largest of`, `the first` alone."""
    phrase = place.phrase
    first, last = phrase.words[0], phrase.words[-1]
    return (
        place.item.tokens[phrase.start].lower == "same"
        or first in inherent.POINTING
        or last in inherent.UNIQUE
        or phrase.words[-2:] in inherent.UNIQUE_NAMES
        or first in inherent.SUPERLATIVES
        or all(word in ORDINALS or word.isdigit() or len(word) == 1 for word in phrase.words)
        or all(word[0].isdigit() for word in phrase.words)
        or (
            first in ORDINALS
            and len(phrase.words) > 2
            and (len(phrase.words[1]) == 1 or phrase.words[1].isdigit())
        )
        or (first in COMPARATIVES and len(phrase.words) == 1)
    )


def _after(place: Place) -> str | None:
    tokens, stop = place.item.tokens, place.phrase.stop
    if stop < len(tokens) and tokens[stop].text == "(":  # a reference sign
        stop += 3
    after = [token.lower for token in tokens[stop : stop + 3]]
    if after[1:2] == ["which"]:  # `the range in which`
        return "which"
    if after[:1] in (["and"], ["or"]) and after[2:] == ["of"]:  # `the presence or absence of`
        return "of"
    return after[0] if after else None


def is_inherent(place: Place) -> bool:
    """A part or property whose owner is named: `the length of the tube`."""
    phrase, after = place.phrase, _after(place)
    noun = phrase.words[-1]
    if after == "thereof" or (after == ":" and inherent.is_part(noun)):
        return True
    if any(word in ORDINALS for word in phrase.words):
        return False
    if inherent.is_part(noun):
        is_thing = len(phrase.words) > 1 or noun in inherent.THINGS
        owners = inherent.SURE_OWNERS if is_thing else inherent.OWNERS
        return after in owners or (noun not in inherent.THINGS and _has_owner_before(place))
    if after == "of" and (noun in VERBS or (noun.endswith("ing") and noun not in NOUNS_IN_ING)):
        return True
    return inherent.names_property(noun) and (after in inherent.SURE_OWNERS or _has_owner_before(place))


def _has_owner_before(place: Place) -> bool:
    """`the tube length` of a tube that is there."""
    stems = place.phrase.stems[:-1]
    return bool(stems) and place.scope.has_whole(stems, place.claims)


def may_be_inherent(place: Place) -> bool:
    """A part or property whose owner is not named, or a thing of something that is named here first."""
    phrase = place.phrase
    noun = phrase.words[-1]
    if any(word in ORDINALS for word in phrase.words):
        return False
    if len(phrase.words) == 1:
        return (inherent.is_part(noun) and noun not in inherent.THINGS) or place.scope.has_act(
            noun, place.claims
        )
    if inherent.is_part(noun) and place.scope.has_act(phrase.words[-2], place.claims):
        return True
    return _may_be_a_verb(place)


def _may_be_a_verb(place: Place) -> bool:
    """`the lease lapses`, of a lease that is there: `lapses` is no noun of these claims, and may be a verb."""
    words, stems = place.phrase.words, place.phrase.stems
    if not is_plural(words[-1]) or is_plural(words[-2]) or stems[-1] in place.scope.heads:
        return False
    return place.scope.has(stems[:-1], place.claims)


def is_act(place: Place, reading: tuple[str, ...]) -> bool:
    """`the rotation` after `rotating`; `the received signal` after `receiving a signal`; `the heating`."""
    phrase, scope, claims = place.phrase, place.scope, place.claims
    words = (*phrase.words, *phrase.shared)[: len(reading)]
    noun = words[-1]
    if len(words) == 1:
        return noun not in NOUNS_IN_ING and (noun.endswith("ing") or scope.has_root(noun, claims))
    if inherent.is_part(noun) and inherent.names_act(words[-2]) and scope.has_root(words[-2], claims):
        return True
    if noun in _STEPS and (words[0].endswith(("ing", "ed")) or scope.has_root(words[-2], claims)):
        return True
    if scope.has_root(noun, claims) and all(scope.has((one,), claims) for one in reading[:-1]):
        return True
    drop = 0
    while drop < len(words) - 1 and words[drop].endswith(("ed", "ing", "ly")):
        drop += 1
    return drop > 0 and scope.has(reading[drop:], claims) and scope.has_root(words[drop - 1], claims)
