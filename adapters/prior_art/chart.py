"""The claim chart: a model's ranking of documents and its quotes from them, of which only what is true is kept.

What a model says of a document that it was not given, or quotes from a document that does not say so, is asked for
again and then left out. So is a verdict, and what a rationale cites that no source gave.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from adapters.citations import unknown_citations, without
from adapters.prior_art.plan import Element
from adapters.prior_art.quotes import QuotedText
from adapters.prior_art.references import Reference
from adapters.prior_art.verdicts import verdict_in, without_verdicts

MAX_RATIONALE_CHARACTERS = 1_200
MAX_SHOWN_COMPLAINTS = 6

Id = Annotated[str, Meta(max_length=20)]


class QuotedElement(Struct):
    element: Id
    quote: Annotated[str, Meta(max_length=2_000)]


class ChartEntry(Struct):
    id: Id
    score: Annotated[float, Meta(ge=0, le=1)]
    rationale: Annotated[str, Meta(max_length=4_000)] = ""
    evidence: Annotated[list[QuotedElement], Meta(max_length=40)] = []


class ChartAnswer(Struct):
    """The shape that the model's answer shall have."""

    results: Annotated[list[ChartEntry], Meta(max_length=100)]


class Evidence(Struct, frozen=True):
    """An element, and a document's own words for it."""

    element: str
    quote: str


class Finding(Struct, frozen=True, kw_only=True):
    """What is known of one document after a model has read it."""

    score: float
    rationale: str
    evidence: tuple[Evidence, ...]


class Checked(Struct, kw_only=True):
    """An answer with nothing in it that is not true of the documents given, and what had to be left out for that."""

    findings: dict[str, Finding]
    """By the document's name in the prompt."""
    invented_references: int = 0
    invented_quotes: int = 0
    unknown_elements: int = 0
    verdicts: int = 0
    invented_citations: int = 0
    missing: list[str] = []
    complaints: list[str] = []

    @property
    def complaint(self) -> str:
        return " ".join(self.complaints[:MAX_SHOWN_COMPLAINTS])


def check_chart(answer: ChartAnswer, given: Mapping[str, Reference], elements: Sequence[Element]) -> Checked:
    """Hold the answer against the documents that the model was given."""
    checked = Checked(findings={})
    known = {element.id for element in elements}
    citable = [text for reference in given.values() for text in reference.citable]
    for entry in answer.results:
        reference = given.get(entry.id)
        if reference is None:
            checked.invented_references += 1
            checked.complaints.append(f"There is no document {entry.id[:20]!r}.")
        elif entry.id not in checked.findings:
            checked.findings[entry.id] = Finding(
                score=round(entry.score, 4),
                rationale=_rationale(entry, reference, citable, checked),
                evidence=_evidence(entry, reference, known, checked),
            )
    checked.missing = [name for name in given if name not in checked.findings]
    if checked.missing:
        checked.complaints.append(f"There is no entry for {', '.join(checked.missing)}.")
    return checked


def _rationale(entry: ChartEntry, reference: Reference, citable: Sequence[str], checked: Checked) -> str:
    """What is true of it: without verdicts, and without citations that are in none of the `citable` texts."""
    rationale = " ".join(entry.rationale.split())[:MAX_RATIONALE_CHARACTERS]
    source = " ".join(reference.passages)
    word = verdict_in(rationale, source)
    if word:
        checked.verdicts += 1
        checked.complaints.append(f"The rationale of {entry.id} holds a verdict ({word!r}).")
        rationale = without_verdicts(rationale, source)
    invented = unknown_citations(rationale, citable)
    checked.invented_citations += len(invented)
    for citation in invented:
        checked.complaints.append(
            f"The rationale of {entry.id} cites {citation[:80]!r}, which no source gave."
        )
    return without(invented, rationale)


def _evidence(
    entry: ChartEntry, reference: Reference, known: set[str], checked: Checked
) -> tuple[Evidence, ...]:
    found: dict[Evidence, None] = {}
    passages = [QuotedText(passage) for passage in reference.passages]
    for quoted in entry.evidence:
        if quoted.element not in known:
            checked.unknown_elements += 1
            checked.complaints.append(f"There is no element {quoted.element[:20]!r}.")
            continue
        quote = next(filter(None, (passage.find(quoted.quote) for passage in passages)), "")
        if quote:
            found[Evidence(quoted.element, quote)] = None
        else:
            checked.invented_quotes += 1
            checked.complaints.append(f"{entry.id} does not say {quoted.quote[:80]!r}.")
    return tuple(sorted(found, key=lambda evidence: int(evidence.element[1:])))
