"""Lists of documents, and what they are worth to somebody with a need."""

import math
from collections.abc import Sequence

from adapters.prior_art.merge import Document
from adapters.prior_art.references import Reference
from fixtures.search_services.corpus import Need, Planted

PLACES = 10
RELEVANT_GRADE = 2
"""Shows three of the four elements, or all."""


class Grader:
    """Knows which invented document a reference is, and its grade."""

    def __init__(self, documents: Sequence[Planted]) -> None:
        self._documents = documents
        self._by_id = {
            **{("uspto", document.application_number): document for document in documents},
            **{("patentsview", document.patent_number): document for document in documents},
        }

    def document(self, reference: Reference) -> Planted:
        """Raises LookupError for a reference that no source has."""
        if reference.source == "openalex":
            return self._documents[int(reference.source_id[1:]) % 100_000_000]
        return self._by_id[reference.source, reference.source_id]

    def recall(self, need: Need, references: Sequence[Reference]) -> float:
        """The part of all relevant documents that stands on the first places."""
        relevant = {one.number for one in self._documents if need.grade(one) >= RELEVANT_GRADE}
        shown = {self.document(reference).number for reference in references[:PLACES]}
        return len(relevant & shown) / min(len(relevant), PLACES)

    def ndcg(self, need: Need, references: Sequence[Reference]) -> float:
        """Gain of the first places, discounted by place, by the best that is possible. A document counts once."""
        best = sorted((need.grade(one) for one in self._documents), reverse=True)[:PLACES]
        seen: set[int] = set()
        grades = []
        for reference in references[:PLACES]:
            document = self.document(reference)
            grades.append(0 if document.number in seen else need.grade(document))
            seen.add(document.number)
        return _gain(grades) / _gain(best)


def shown(documents: Sequence[Document]) -> list[Reference]:
    return [document.reference for document in documents]


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, 1))
