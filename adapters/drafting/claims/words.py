"""Words of claims: cut from the text, and made comparable."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"[^\W_]+(?:[-'/\u2019\u2010\u2011][^\W_]+)*|[^\s]", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or one sign of punctuation."""

    text: str
    lower: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()


def tokens_of(text: str) -> list[Token]:
    """Words (hyphens and apostrophes inside them belong to them) and signs, with their places."""
    return [
        Token(match[0], match[0].lower().replace("\u2019", "'"), match.start(), match.end())
        for match in _TOKEN.finditer(text)
    ]


_IRREGULAR: Final = {
    "indices": "index",
    "vertices": "vertex",
    "matrices": "matrix",
    "axes": "axis",
    "analyses": "analysis",
    "bases": "basis",
    "hypotheses": "hypothesis",
    "syntheses": "synthesis",
    "criteria": "criterion",
    "phenomena": "phenomenon",
    "media": "medium",
    "spectra": "spectrum",
    "strata": "stratum",
    "bacteria": "bacterium",
    "radii": "radius",
    "nuclei": "nucleus",
    "loci": "locus",
    "stimuli": "stimulus",
    "formulae": "formula",
    "antennae": "antenna",
    "feet": "foot",
    "teeth": "tooth",
    "men": "man",
    "women": "woman",
    "children": "child",
    "people": "person",
    "persons": "person",
    "mice": "mouse",
    "leaves": "leaf",
    "halves": "half",
    "shelves": "shelf",
    "knives": "knife",
    "lives": "life",
    "lens": "lens",
    "bus": "bus",
    "gas": "gas",
    "bias": "bias",
    "canvas": "canvas",
    "atlas": "atlas",
    "chassis": "chassis",
    "elongated": "elongate",
}
SINGULAR_S: Final = ("ss", "us", "is")
"""Endings of singular words in -s."""


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """One form for singular and plural; only for comparing, not for showing."""
    word = _IRREGULAR.get(word, word)
    for sign in "-'/\u2010\u2011":
        word = word.replace(sign, "")
    if len(word) > 3 and word.endswith("s") and not word.endswith(SINGULAR_S) and word not in _IRREGULAR:
        word = f"{word[:-3]}y" if word.endswith("ies") and len(word) > 4 else word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def is_plural(word: str) -> bool:
    """Whether the word looks like a plural: `sensors`, and neither `process` nor `apparatus`."""
    return word.endswith("s") and not word.endswith(SINGULAR_S)
