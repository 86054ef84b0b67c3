"""The noun phrases of a claim: what each names, and whether it takes its noun for known (`the`, `said`)."""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from adapters.drafting.claims.ends import may_end_before, surely_ends_before
from adapters.drafting.claims.inherent import MASS, names_property
from adapters.drafting.claims.leading import Leading, quantity_at, read_leading
from adapters.drafting.claims.vocabulary import (
    ARTICLES,
    DEFINITE,
    DETERMINERS,
    IGNORED_MODIFIERS,
    ORDINALS,
    POSTPOSED,
    STOPS,
    SURELY_VERBS,
)
from adapters.drafting.claims.words import Token, is_plural, stem

ADJECTIVES_TOO: Final = frozenset(
    ("upstream", "downstream", "inside", "outside", "near", "far", "above", "below")
)
MAX_WORDS: Final = 12
"""Of a phrase; longer ones are cut."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase. Its `stems` leave out articles, quantities and words such as `respective`."""

    definite: bool
    article: bool
    """Whether `a` or `an` stands before it."""
    counted: bool
    """Whether an article or a quantity (`at least one`, `a plurality of`) stands before it."""
    first: int
    """Its first token, articles included."""
    start: int
    """The token of its first own word."""
    stop: int
    """The token after its last word."""
    stems: tuple[str, ...]
    words: tuple[str, ...]
    places: tuple[int, ...]
    """The token of each word."""
    ends: tuple[int, ...]
    """How many of its words may be all of it, the likeliest first."""
    shared: tuple[str, ...] = ()
    """What it shares with the phrase it is joined to: `sensor` of `first` in `first and second sensors`."""


def phrases_of(tokens: list[Token]) -> list[Phrase]:
    """All noun phrases in their order; verbs and adverbs that stand alone come as phrases too, and do no harm."""
    found: list[Phrase] = []
    place = 0
    while place < len(tokens):
        if not tokens[place].is_word:
            place += 1
            continue
        begin = place
        leading = read_leading(tokens, place)
        phrase = _phrase(tokens, leading)
        if phrase is None:
            place = max(leading.start, begin + 1)
        else:
            found.append(phrase)
            place = phrase.stop
    return _with_shared_heads(tokens, found)


def _phrase(tokens: list[Token], leading: Leading) -> Phrase | None:
    """The phrase that these articles and quantities lead to; None: no word of its own follows them.

    1. A word that is surely a verb begins no phrase unless something leads to it.
    2. Its words are read up to one that surely ends it.
    3. Where it may end before that is noted: before a word that need not be part of it; and, because two nouns do not
       follow each other, before its last word if an article comes next, since that word is a verb then.
    """
    start, has_lead = leading.start, leading.definite or leading.article or leading.counted
    if start < len(tokens) and tokens[start].lower in SURELY_VERBS and not has_lead:
        return None
    own = _own_words(tokens, leading)
    if own.stop == start:
        return None
    soft = [end for end in own.soft if 0 < end < len(own.stems)]
    if own.words and (leading.definite or leading.article) and _is_compound(own.words):
        soft = [end for end in soft if not own.words[end].endswith("ing")]
    ends = [len(own.stems), *reversed(soft)] if own.stems else []
    if len(own.stems) > 1 and _word_at(tokens, own.stop) in ARTICLES and not _is_no_noun(own.words[-2]):
        ends.append(len(own.stems) - 1)
    return Phrase(
        leading.definite,
        leading.article,
        leading.counted,
        leading.first,
        start,
        own.stop,
        tuple(own.stems),
        tuple(own.words),
        tuple(own.places),
        tuple(dict.fromkeys(ends)),
    )


class _OwnWords(NamedTuple):
    """The words of a phrase itself, without those that say nothing (`respective`)."""

    stems: list[str]
    words: list[str]
    places: list[int]
    """The token of each word."""
    soft: list[int]
    """After how many of its words the phrase may end, though more follow."""
    stop: int
    """The token that surely ends it."""


def _own_words(tokens: list[Token], leading: Leading) -> _OwnWords:
    """Read the words of a phrase, token by token, each by the first of these that holds:

    1. `(s)` and `(es)` are skipped; any other sign ends the phrase.
    2. A quantity that qualifies the noun behind it, such as `at least one` after `the selected`, is skipped.
    3. A word that no phrase contains ends it, unless it is an adjective here, and so does one that surely stands behind
       a noun.
    4. Any other word belongs to it; if it may as well stand behind the noun, that is noted.
    """
    stems: list[str] = []
    words: list[str] = []
    places: list[int] = []
    soft: list[int] = []
    place = leading.start
    while place < len(tokens) and len(stems) < MAX_WORDS:
        token = tokens[place]
        if not token.is_word:
            place_after = _after_plural_sign(tokens, place)
            if place_after is None or not stems:
                break
            place = place_after
            continue
        is_participle_before = leading.definite and bool(stems) and words[-1].endswith("ed")
        if (
            is_participle_before
            and token.lower in ("at", "one")
            and (width := quantity_at(tokens, place)) > 0
        ):
            place += width
            continue
        if (
            token.lower in STOPS
            and not _is_adjective_here(tokens, place, after_article=place == leading.start > leading.first)
        ) or (stems and token.lower == "one" and words[-1] not in ORDINALS):
            break
        if stems:
            following = _word_at(tokens, place + 1)
            if surely_ends_before(token.lower, following):
                break
            if may_end_before(token.lower, words[-1], following):
                soft.append(len(stems))
        if token.lower not in IGNORED_MODIFIERS:
            stems.append(stem(token.lower))
            words.append(token.lower)
            places.append(place)
        place += 1
    return _OwnWords(stems, words, places, soft, place)


def _is_no_noun(word: str) -> bool:
    return word in ORDINALS or word.endswith(("ed", "ing", "ly"))


def _is_compound(words: list[str]) -> bool:
    """Whether `sensing layer` in `the gate sensing layer` is a thing: a single thing that is sensed has an article."""
    last = next((word for word in reversed(words) if not _stands_behind(word)), words[-1])
    return not (
        is_plural(last) or last in MASS or last.isdigit() or names_property(last) or last.endswith("ing")
    )


def _is_adjective_here(tokens: list[Token], place: int, *, after_article: bool) -> bool:
    """Whether a preposition is one before a noun: `the upstream chamber`, and not `upstream of the chamber`."""
    following = _word_at(tokens, place + 1)
    is_before_noun = following is not None and following not in STOPS
    return after_article and is_before_noun and tokens[place].lower in ADJECTIVES_TOO


def _stands_behind(word: str) -> bool:
    """Whether the adjective may follow its noun, as in `instructions executable by the processor`."""
    return word in POSTPOSED or word.endswith(("able", "ible"))


def _word_at(tokens: list[Token], place: int) -> str | None:
    return tokens[place].lower if place < len(tokens) and tokens[place].is_word else None


def _after_plural_sign(tokens: list[Token], place: int) -> int | None:
    """The place after `(s)` or `(es)`."""
    sign = "".join(token.lower for token in tokens[place : place + 3])
    return place + 3 if sign in ("(s)", "(es)") else None


def _with_shared_heads(tokens: list[Token], phrases: list[Phrase]) -> list[Phrase]:
    """Join `first` to `sensors` in `the first and second sensors`, `upper` to `plate` in `the upper or lower plate`."""
    joined: list[Phrase] = []
    shared: tuple[str, ...] = ()
    for place in range(len(phrases) - 1, -1, -1):
        phrase = phrases[place]
        following = phrases[place + 1] if place + 1 < len(phrases) else None
        if following is None or not following.stems or not _are_joined(tokens, phrase, following):
            shared = ()
        elif not shared:
            whole = following.stems[: following.ends[-1]] if len(following.ends) > 1 else following.stems
            shared = whole[1:] if len(whole) > 1 and following.words[0] in ORDINALS else whole[-1:]
        joined.append(replace(phrase, shared=shared) if shared and phrase.stems else phrase)
    return joined[::-1]


def _are_joined(tokens: list[Token], phrase: Phrase, following: Phrase) -> bool:
    between = [token.lower for token in tokens[phrase.stop : following.start]]
    if not between or len(between) > 4 or not following.stems:
        return False
    joints = {"and", "or", ",", "through", "to", "and/or"}
    alone = bool(phrase.words) and phrase.words[-1] in ORDINALS
    if not alone and (between[0] == "to" or not {"and", "or", "and/or"} & set(between)):
        return False
    return between[0] in joints and all(
        word in joints or (word in DETERMINERS and alone) or word in DEFINITE for word in between
    )
