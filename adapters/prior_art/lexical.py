"""How well texts answer a question by their words alone: Okapi BM25."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from unicodedata import normalize

K1 = 1.2
B = 0.75
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by for from has have in into is it its of on or said such that the their thereof "
        "this to wherein which with comprising comprises having using method system device apparatus",
    )
)


def words(text: str) -> list[str]:
    """The words that mean something, in lower case and without plural endings."""
    found = re.findall(r"[^\W_]+", normalize("NFKC", text).casefold())
    return [_singular(word) for word in found if word not in _STOP]


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class LexicalIndex:
    """A fixed collection of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(words(text)) for text in texts]
        lengths = [count.total() for count in self._counts]
        mean = sum(lengths) / len(lengths) if lengths and any(lengths) else 1.0
        self._norms = [K1 * (1 - B + B * length / mean) for length in lengths]
        self._holders = Counter(word for count in self._counts for word in count)

    def scores(self, question: str) -> list[float]:
        """One for each text; 0: it has none of the question's words."""
        total = len(self._counts)
        weights = {
            word: math.log(1 + (total - self._holders[word] + 0.5) / (self._holders[word] + 0.5))
            for word in dict.fromkeys(words(question))
            if self._holders[word]
        }
        return [
            sum(
                weight * count[word] * (K1 + 1) / (count[word] + norm)
                for word, weight in weights.items()
                if count[word]
            )
            for count, norm in zip(self._counts, self._norms, strict=True)
        ]
