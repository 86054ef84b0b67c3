"""The claims that a model writes: what the checker finds wrong goes back to it."""

from adapters.drafting.claims import Finding, check_claims
from adapters.drafting.sections import ClaimText, Jurisdiction, WrittenClaims

MAX_TOLD = 12
"""Findings in one message to the model."""


def claims_complaint(answer: WrittenClaims, jurisdiction: Jurisdiction) -> str:
    """What is surely wrong with the claims, or ""."""
    if not answer.claims:
        return "There is no claim."
    errors = [finding for finding in findings_in(answer.claims, jurisdiction) if finding.severity == "error"]
    told = [f"Claim {finding.claim}: {_sentence(finding)}" for finding in errors[:MAX_TOLD]]
    return " ".join(told)


def findings_in(
    claims: list[ClaimText],
    jurisdiction: Jurisdiction,
    *,
    description: str = "",
    abstract: str = "",
    drawings: tuple[str, ...] = (),
) -> list[Finding]:
    """All that the checker says of them."""
    if not claims:
        return []
    return check_claims(
        [f"{claim.number}. {claim.text}" for claim in claims],
        description=description,
        abstract=abstract,
        drawings=drawings,
        jurisdiction=jurisdiction,
    )


def _sentence(finding: Finding) -> str:
    advice = f" {finding.suggestion}" if finding.suggestion else ""
    return (
        f"`{finding.text[:80]}` {finding.message}{advice}" if finding.text else f"{finding.message}{advice}"
    )
