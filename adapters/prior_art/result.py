"""The result that callers get, put together from the plan, the search and the readings."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from adapters.prior_art.chart import Checked, Finding
from adapters.prior_art.merge import Document
from adapters.prior_art.plan import Plan
from adapters.prior_art.prerank import Candidate
from adapters.prior_art.reading import NO_STEP, Reading
from adapters.prior_art.references import Reference
from adapters.prior_art.sources.source import Found

Json = dict[str, Any]


def make_result(
    plan: Plan,
    found: Sequence[Found],
    candidates: Sequence[Candidate],
    readings: Sequence[Reading],
    warnings: Sequence[str],
) -> Json:
    """The result as JSON values, without `id` and `usage`. `candidates` are those that were to be read."""
    findings = _findings(readings)
    results = _results(candidates, findings)
    return {
        "elements": [{"id": element.id, "text": element.text} for element in plan.elements],
        "queries": [str(query) for query in plan.queries],
        "sources": {one.source: source_status(one) for one in found},
        "results": results,
        "coverage": [
            {
                "element": element.id,
                "results": [
                    result["rank"]
                    for result in results
                    if any(evidence["element"] == element.id for evidence in result["evidence"])
                ],
            }
            for element in plan.elements
        ],
        "warnings": [
            *warnings,
            *_about_sources(found, [candidate.document for candidate in candidates]),
            *_about_readings(readings),
        ],
    }


def source_status(found: Found) -> Json:
    """How one source did: `found` counts the documents that it named, each once."""
    return {
        "status": found.status,
        "found": len({hit.reference.source_id for hit in found.hits}),
        "error": found.error,
    }


def _findings(readings: Sequence[Reading]) -> dict[Reference, Finding]:
    found = {}
    for reading in readings:
        if reading.checked is not None:
            for number, reference in enumerate(reading.documents, 1):
                finding = reading.checked.findings.get(f"R{number}")
                if finding is not None:
                    found[reference] = finding
    return found


def _results(candidates: Sequence[Candidate], findings: dict[Reference, Finding]) -> list[Json]:
    """Those that a model has read by its score, then the others by their place; equal scores keep their place."""
    read = [candidate for candidate in candidates if candidate.document.reference in findings]
    unread = [candidate for candidate in candidates if candidate.document.reference not in findings]
    read.sort(key=lambda candidate: -findings[candidate.document.reference].score)
    least = min((findings[candidate.document.reference].score for candidate in read), default=1.0)
    in_order = [(candidate, findings[candidate.document.reference]) for candidate in read] + [
        (candidate, Finding(score=min(least, candidate.score), rationale="", evidence=()))
        for candidate in unread
    ]
    return [
        _result(rank, candidate.document, finding) for rank, (candidate, finding) in enumerate(in_order, 1)
    ]


def _result(rank: int, document: Document, finding: Finding) -> Json:
    reference = document.reference
    known = [reference, *document.others]
    doi = next((one.doi for one in known if one.doi), "")
    number = next((one.shown_number for one in known if one.shown_number), "")
    result: Json = {"rank": rank, "source": reference.source, "source_id": reference.source_id}
    if doi:
        result["doi"] = doi
    if number:
        result["publication_number"] = number
    return result | {
        "title": reference.title,
        "date": reference.date,
        "url": reference.url,
        "score": finding.score,
        "rationale": finding.rationale,
        "evidence": [{"element": one.element, "quote": one.quote} for one in finding.evidence],
        "also_found_in": sorted(
            {one.source for one in document.others} - {reference.source},
        ),
    }


def _about_sources(found: Sequence[Found], shown: Sequence[Document]) -> list[str]:
    sentences = []
    for one in found:
        if one.status != "ok":
            sentences.append(f"The source {one.source} was searched in part: {one.error}")
            if one.status == "failed":
                sentences[-1] = f"The source {one.source} was not searched: {one.error}"
        if one.unreadable:
            sentences.append(f"{_count(one.unreadable, 'record')} of {one.source} could not be read.")
    if not any(one.hits for one in found):
        sentences.append("No document matches the queries; nothing was ranked.")
    bare = sum(not document.reference.abstract for document in shown)
    if bare:
        sentences.append(
            f"{_count(bare, 'document')} came without an abstract: only title and classes could be quoted."
        )
    return sentences


def _about_readings(readings: Sequence[Reading]) -> list[str]:
    checked = [reading.checked for reading in readings if reading.checked is not None]
    sentences = [
        f"{_count(number, what)} {why}."
        for what, number, why in (
            (
                "entry",
                _sum(checked, "invented_references"),
                "for documents that no source gave were left out",
            ),
            ("quote", _sum(checked, "invented_quotes"), "not found in the document were left out"),
            ("quote", _sum(checked, "unknown_elements"), "for elements that do not exist were left out"),
            ("rationale", _sum(checked, "verdicts"), "held a verdict, which was left out"),
            (
                "citation",
                _sum(checked, "invented_citations"),
                "in rationales that no source gave were left out",
            ),
        )
        if number
    ]
    unread = sum(len(one.checked.missing) for one in readings if one.checked is not None)
    unread += sum(len(one.documents) for one in readings if one.checked is None and not one.missed)
    if unread:
        sentences.append(
            f"The model said nothing usable about {_count(unread, 'document')}; they are listed by their words alone."
        )
    return sentences + _about_missed(readings)


def _about_missed(readings: Sequence[Reading]) -> list[str]:
    """For each reason why documents were not read, how many those are."""
    missed: Counter[str] = Counter()
    for reading in readings:
        if reading.checked is None and reading.missed:
            missed[reading.missed] += len(reading.documents)
    return [
        f"{_count(number, 'document')} were not read by a model, because no step was left; "
        "they are listed by their words alone."
        if why == NO_STEP
        else f"{_count(number, 'document')} were not read by a model and are listed by their words alone: {why}"
        for why, number in missed.items()
    ]


def _sum(checked: Sequence[Checked], name: str) -> int:
    return sum(getattr(one, name) for one in checked)


def _count(number: int, what: str) -> str:
    plural = {"entry": "entries"}.get(what, f"{what}s")
    return f"{number} {what if number == 1 else plural}"
