"""What the claim checker says of a draft, and which of it goes back to the model that wrote a section."""

from collections.abc import Iterable

from adapters.drafting.claims import Finding, check_claims
from adapters.drafting.claims.abstract import check_abstract
from adapters.drafting.claims.bounds import MAX_ABSTRACT_CHARS, MAX_DRAWING_CHARS, MAX_DRAWINGS
from adapters.drafting.draft import Draft, in_full
from adapters.drafting.sections import Code

MAX_TOLD = 12
"""Findings in one message to the model."""
MAX_QUOTED = 80


def findings_of(draft: Draft) -> list[Finding]:
    """All findings, of the claims in their order and of the abstract. Raises InvalidRequest where there are too many
    claims, or too long ones: a model's, since the caller's are looked at before a draft is begun.
    """
    abstract = draft.texts.get(Code.ABSTRACT, "")[:MAX_ABSTRACT_CHARS]
    if not draft.claims:
        return list(check_abstract(abstract, draft.jurisdiction))
    return check_claims(
        in_full(draft.claims),
        description=draft.texts.get(Code.DESCRIPTION, ""),
        abstract=abstract,
        drawings=_drawings(draft),
        jurisdiction=draft.jurisdiction,
    )


def errors_in(draft: Draft, code: Code) -> list[Finding]:
    """The findings of error grade that a change of this section can mend."""
    errors = [finding for finding in findings_of(draft) if finding.severity == "error"]
    if code is Code.CLAIMS:
        return [finding for finding in errors if finding.claim is not None]
    if code is Code.ABSTRACT:
        return [finding for finding in errors if finding.claim is None]
    if code is Code.DESCRIPTION and draft.claims:
        without = draft.without(Code.DESCRIPTION)
        known = {(finding.code, finding.claim, finding.start) for finding in findings_of(without)}
        return [
            finding
            for finding in errors
            if finding.claim is not None and (finding.code, finding.claim, finding.start) not in known
        ]
    return []


def in_words(findings: Iterable[Finding]) -> str:
    """The first of them as sentences for the model."""
    return " ".join([_sentence(finding) for finding in list(findings)[:MAX_TOLD]])


def _drawings(draft: Draft) -> list[str]:
    """The caller's list, and the section if there is room for it."""
    written = draft.texts.get(Code.DRAWINGS, "")
    room = MAX_DRAWING_CHARS - sum(map(len, draft.drawings))
    return (
        [*draft.drawings, written[:room]]
        if written and len(draft.drawings) < MAX_DRAWINGS
        else draft.drawings
    )


def _sentence(finding: Finding) -> str:
    place = "" if finding.claim is None else f"Claim {finding.claim}: "
    quoted = f"`{finding.text[:MAX_QUOTED]}` " if finding.text and finding.claim is not None else ""
    advice = f" {finding.suggestion}" if finding.suggestion else ""
    return f"{place}{quoted}{finding.message}{advice}"
