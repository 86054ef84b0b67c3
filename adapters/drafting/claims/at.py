"""Findings at a place in a claim."""

from adapters.drafting.claims.finding import Finding, Severity
from adapters.drafting.claims.read import ReadClaim


def finding_at(
    item: ReadClaim, start: int, end: int, code: str, severity: Severity, message: str, suggestion: str | None
) -> Finding:
    """A finding whose text is what stands between two offsets of the claim."""
    return Finding(
        code=code,
        severity=severity,
        claim=item.number,
        start=start,
        end=end,
        text=item.text[start:end],
        message=message,
        suggestion=suggestion,
    )


def finding_at_tokens(
    item: ReadClaim,
    first: int,
    stop: int,
    code: str,
    severity: Severity,
    message: str,
    suggestion: str | None,
) -> Finding:
    """A finding from one token up to, and without, another."""
    start, end = item.tokens[first].start, item.tokens[max(stop, first + 1) - 1].end
    return finding_at(item, start, end, code, severity, message, suggestion)
