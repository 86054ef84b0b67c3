"""A fault made on purpose, and whether the checker has found it."""

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.drafting.claims import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A set of claims with one fault, and where the checker has to see it."""

    kind: str
    claims: str
    """The whole set, as one text."""
    codes: tuple[str, ...]
    within: tuple[int, ...]
    """The finding is at one of these claims,"""
    start: int = 0
    end: int = 1 << 30
    """at a place that has a character of these offsets,"""
    word: str = ""
    """and its text has this word."""
    about: str = ""
    """What was done, for people."""
    severities: tuple[str, ...] = ("error",)
    description: str = ""

    def is_found(self, findings: Iterable[Finding]) -> bool:
        return any(
            finding.severity in self.severities
            and finding.code in self.codes
            and finding.claim in self.within
            and finding.start < self.end
            and max(finding.end, finding.start + 1) > self.start
            and self.word in finding.text.lower()
            for finding in findings
        )
