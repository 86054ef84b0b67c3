"""The documents in an order that no model was asked for: places in the sources' lists, and shared words.

Reciprocal rank fusion adds 1 / (60 + place) over every list that has a document. A source whose lists have no order of
their own is put in the order of shared words first.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec import Struct

from adapters.prior_art.lexical import LexicalIndex
from adapters.prior_art.merge import Document

FUSION_PLACES = 60
WORDS_WEIGHT = 0.1
"""Of the shared words in the score: enough to part documents that stand on equal places. The rest is fusion's."""


class Candidate(Struct, frozen=True, kw_only=True):
    """A document with its place before any model has seen it."""

    document: Document
    score: float
    """From 0 to 1; the first of several has 1."""


def prerank(
    documents: Sequence[Document],
    questions: Sequence[str],
    *,
    ranked_sources: Collection[str],
    words_weight: float = WORDS_WEIGHT,
) -> list[Candidate]:
    """The candidates, best first. Documents of equal score keep their order.

    `questions` are what is looked for, each in its own words: elements, and groups of synonyms.
    """
    if not documents:
        return []
    shared = shared_words(documents, questions)
    fused = _shares_of_best(fusion(documents, shared, ranked_sources))
    scores = [
        words_weight * word + (1 - words_weight) * place for word, place in zip(shared, fused, strict=True)
    ]
    most = max(scores) or 1.0
    found = [
        Candidate(document=document, score=round(score / most, 4))
        for document, score in zip(documents, scores, strict=True)
    ]
    return sorted(found, key=lambda candidate: -candidate.score)


def shared_words(documents: Sequence[Document], questions: Sequence[str]) -> list[float]:
    """For each document how well its words answer the questions, each of which counts the same."""
    index = LexicalIndex(
        [
            f"{document.reference.title} {document.reference.title} {document.reference.abstract}"
            for document in documents
        ]
    )
    each = [_shares_of_best(index.scores(question)) for question in questions]
    return [sum(column) / len(each) for column in zip(*each, strict=True)] if each else [0.0] * len(documents)


def fusion(
    documents: Sequence[Document], shared: Sequence[float], ranked_sources: Collection[str]
) -> list[float]:
    """For each document the sum over all lists that have it."""
    lists: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    for number, document in enumerate(documents):
        for source, query, rank in document.places:
            places = lists[source, query]
            places[number] = min(rank, places.get(number, rank))
    sums = [0.0] * len(documents)
    for (source, _), places in lists.items():
        in_order = sorted(
            places,
            key=lambda number: places[number] if source in ranked_sources else -shared[number],
        )
        for place, number in enumerate(in_order, 1):
            sums[number] += 1 / (FUSION_PLACES + place)
    return sums


def _shares_of_best(scores: Sequence[float]) -> list[float]:
    most = max(scores, default=0.0)
    return [score / most if most else 0.0 for score in scores]
