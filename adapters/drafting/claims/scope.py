"""What is introduced by the time a phrase is read: by its own claim so far, and by the claims that it depends on.

Each term is kept with a bit for every claim that introduces it, so that a question costs the same however long the
chain of dependencies is.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from adapters.drafting.claims.ends import is_verb_form
from adapters.drafting.claims.inherent import LONGEST_ROOT, act_root, names_act
from adapters.drafting.claims.phrases import Phrase
from adapters.drafting.claims.vocabulary import ORDINALS

MAX_CANDIDATES: Final = 100
"""So many terms with the same noun are compared with a phrase."""
_ROOT: Final = 4


@dataclass(slots=True)
class Term:
    """A thing as it was introduced."""

    stems: tuple[str, ...]
    words: tuple[str, ...]
    claims: int
    """A bit for each claim that introduces it."""
    counted: int
    """A bit for each claim that introduces it with an article or a quantity."""


@dataclass(slots=True)
class Scope:
    """The terms of a whole set of claims."""

    keys: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Of every way to name a term: the claims that introduce it."""
    heads: dict[str, dict[str, Term]] = field(default_factory=lambda: defaultdict(dict))
    """By noun, then by whole name."""
    words: dict[str, dict[str, Term]] = field(default_factory=lambda: defaultdict(dict))
    """By each word that is not the noun, then by whole name."""
    beginnings: dict[str, dict[str, Term]] = field(default_factory=lambda: defaultdict(dict))
    """By the first letters of the whole name, then by it."""
    roots: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The beginnings of all words that may be verbs."""
    act_roots: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The beginnings of all nouns of verbs."""
    initials: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """`ms` of `mobile station`."""

    def add(self, phrase: Phrase, claim: int) -> None:
        """Take the phrase for an introduction, whichever of its possible ends is the right one."""
        bit = 1 << claim
        for end in phrase.ends:
            stems = phrase.stems[:end]
            for begin in range(end):
                self.keys["".join(stems[begin:])] |= bit
            self._add_term(stems, phrase.words[:end], bit, phrase.counted and end == phrase.ends[0])
        if phrase.shared and phrase.stems[-len(phrase.shared) :] != phrase.shared:
            stems = (*phrase.stems, *phrase.shared)
            for begin in range(len(phrase.stems)):
                self.keys["".join(stems[begin:])] |= bit
            if phrase.words[-1] in ORDINALS:
                self._add_term(stems, (*phrase.words, *phrase.shared), bit, phrase.counted)

    def add_word(self, word: str, claim: int) -> None:
        """Take note of a word that says what is done: `rotates`, `rotation`."""
        roots = self.roots if is_verb_form(word) else self.act_roots if names_act(word) else None
        if roots is not None:
            for length in range(_ROOT, min(len(word), LONGEST_ROOT) + 1):
                roots[word[:length]] |= 1 << claim

    def _add_term(self, stems: tuple[str, ...], words: tuple[str, ...], bit: int, counted: bool) -> None:
        whole = "".join(stems)
        if len(words) > 1:
            self.initials["".join(word[0] for word in words)] |= bit
        begins = (self.beginnings, whole[:_ROOT])
        for by, word in (begins, (self.heads, stems[-1]), *((self.words, stem) for stem in stems[:-1])):
            term = by[word].setdefault(whole, Term(stems, words, 0, 0))
            term.claims |= bit
            if counted:
                term.counted |= bit

    def has(self, stems: tuple[str, ...], claims: int) -> bool:
        """Whether one of these claims introduces the term, or a longer one that ends in it."""
        return bool(self.keys.get("".join(stems), 0) & claims)

    def has_whole(self, stems: tuple[str, ...], claims: int) -> bool:
        """Whether one of these claims introduces the term in just these words."""
        term = self.heads.get(stems[-1], {}).get("".join(stems))
        return term is not None and bool(term.claims & claims)

    def has_root(self, word: str, claims: int) -> bool:
        """Whether one of these claims speaks of the act: `rotates` for `rotation`."""
        root = act_root(word)
        return root is not None and bool(self.roots.get(root, 0) & claims)

    def has_act(self, word: str, claims: int) -> bool:
        """Whether one of these claims has another noun of the same verb: `rotation unit` for `rotation`."""
        root = act_root(word)
        return root is not None and bool(self.act_roots.get(root, 0) & claims)

    def with_head(self, stem: str, claims: int) -> list[Term]:
        """Terms of this noun that these claims introduce; the last ones, if there are very many."""
        return _within(self.heads.get(stem, {}), claims)

    def with_word(self, stem: str, claims: int) -> list[Term]:
        """Terms of another noun that have this word in them."""
        return _within(self.words.get(stem, {}), claims)

    def beginning_like(self, whole: str, claims: int) -> list[Term]:
        """Terms whose names have the same first letters."""
        return _within(self.beginnings.get(whole[:_ROOT], {}), claims)


def _within(terms: dict[str, Term], claims: int) -> list[Term]:
    found = []
    for looked_at, term in enumerate(reversed(terms.values())):
        if looked_at >= MAX_CANDIDATES:
            break
        if term.claims & claims:
            found.append(term)
    return found
