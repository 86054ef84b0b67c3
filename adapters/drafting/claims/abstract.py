"""How long the abstract is."""

from collections.abc import Iterator
from typing import Final

from adapters.drafting.claims.finding import Finding, Jurisdiction, Severity

MOST_WORDS: Final = 150
FEWEST_WORDS: Final = 50
"""Of an abstract for the EPO."""


def check_abstract(abstract: str, jurisdiction: Jurisdiction) -> Iterator[Finding]:
    """Findings of the code abstract_length; an empty abstract is not looked at."""
    words = abstract.split()
    if len(words) > MOST_WORDS:
        start = _start_of(abstract, MOST_WORDS)
        yield _finding(
            abstract,
            start,
            "error" if jurisdiction == "US" else "warning",
            f"The abstract has {len(words)} words; at most {MOST_WORDS} are allowed.",
            f"Cut {len(words) - MOST_WORDS} words.",
        )
    elif jurisdiction == "EP" and 0 < len(words) < FEWEST_WORDS:
        yield _finding(
            abstract,
            len(abstract),
            "warning",
            f"The abstract has {len(words)} words; {FEWEST_WORDS} to {MOST_WORDS} are preferred.",
            f"Add {FEWEST_WORDS - len(words)} words.",
        )


def _start_of(text: str, word: int) -> int:
    """The offset of a word, counted from 0."""
    place = count = 0
    inside = False
    for place, sign in enumerate(text):
        if not sign.isspace() and not inside:
            if count == word:
                return place
            count += 1
        inside = not sign.isspace()
    return place


def _finding(abstract: str, start: int, severity: Severity, message: str, suggestion: str) -> Finding:
    return Finding(
        code="abstract_length",
        severity=severity,
        claim=None,
        start=start,
        end=len(abstract),
        text=abstract[start:],
        message=message,
        suggestion=suggestion,
    )
