"""Where a noun phrase ends: before a word that is its verb, its participle, or an adjective with a complement.

English has too many words that are nouns and verbs both, so there are two answers: what surely ends a phrase, and what
may end it. Of a phrase that may end earlier every reading is tried.
"""

from adapters.drafting.claims.vocabulary import (
    ADVERBS,
    ARTICLES,
    NOUNS_IN_ING,
    ORDINALS,
    PARTICIPLES,
    POSTPOSED,
    STOPS,
    SURELY_VERBS,
    VERBS,
)
from adapters.drafting.claims.words import is_plural


def may_end_before(word: str, before: str, following: str | None) -> bool:
    """Whether a noun phrase may end with `before`, the word before this one, which may be its verb or participle."""
    if before in ORDINALS or before.endswith(("ed", "ly")):
        return False
    if word in ("output", "input", "set", "read", "cut", "put"):
        return following in STOPS and following != "of"
    if word in VERBS or word in SURELY_VERBS:
        many = len(before) > 3 and is_plural(before)
        return (word.endswith("s") and not word.endswith("ss")) != many
    if word.endswith("ly"):
        return True
    if word.endswith("ed") or word in PARTICIPLES:
        return following is not None and following.endswith("ing")
    ends = following is None or following in STOPS or following in ADVERBS
    if word.endswith(("able", "ible")):
        return ends
    return word.endswith("ing") and (word not in NOUNS_IN_ING or following in ARTICLES or following == "at")


def is_verb_form(word: str) -> bool:
    """Whether the word may say what something does or undergoes."""
    return word in VERBS or word in SURELY_VERBS or word in PARTICIPLES or word.endswith(("ing", "ed"))


def surely_ends_before(word: str, following: str | None) -> bool:
    """Whether a noun phrase that has its noun ends before this word; after this comes `following`, or None."""
    if word in SURELY_VERBS or word == "further":
        return True
    if word.endswith("ly") and len(word) > 4:
        return following is None or following in STOPS or is_verb_form(following)
    if word.endswith("ing"):
        return following is not None and following in STOPS and following != "of" and word not in NOUNS_IN_ING
    if word.endswith("ed") or word in PARTICIPLES:
        return following is None or following in STOPS or following.endswith("ly")
    if word in POSTPOSED or word in ADVERBS:
        return following is None or following in STOPS or is_verb_form(following)
    return word in VERBS and following in ARTICLES
