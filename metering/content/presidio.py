"""Microsoft's Presidio as an extra: it finds names and places, which no pattern does.

It is no package of the gateway's own. Where `presidio-analyzer` and a language's model are installed and the setting
CONTENT_PRESIDIO_LANGUAGE names that language, what `log_content: redacted` keeps is looked through by it too. It takes
a few milliseconds for each text, so the guard does not ask it.
"""

import importlib
from collections.abc import Iterator
from typing import Any, Protocol

from metering.content.redact import Finder, Found

LEAST_SCORE = 0.5
MOST_CHARACTERS = 20_000
"""Of one text: the model needs memory for each word of what it reads at once."""
KINDS = {
    "PERSON": "person",
    "LOCATION": "place",
    "NRP": "group",
    "DATE_TIME": "date",
    "US_SSN": "number",
    "US_PASSPORT": "number",
    "MEDICAL_LICENSE": "number",
}
"""What is asked for. The rest the detectors know better."""


class Analyzer(Protocol):
    """Presidio's AnalyzerEngine, as far as it is used."""

    def analyze(self, *, text: str, language: str, entities: list[str], score_threshold: float) -> Any: ...


def presidio_finder(language: str, analyzer: Analyzer | None = None) -> Finder:
    """Finds with Presidio. Raises ImportError where it is not installed."""
    if analyzer is None:
        analyzer = importlib.import_module("presidio_analyzer").AnalyzerEngine()
    engine: Analyzer = analyzer

    def found(text: str) -> Iterator[Found]:
        for begin in range(0, len(text), MOST_CHARACTERS):
            part = text[begin : begin + MOST_CHARACTERS]
            before = len(text[:begin].encode("utf-8", "replace"))
            results = engine.analyze(
                text=part, language=language, entities=list(KINDS), score_threshold=LEAST_SCORE
            )
            for result in sorted(results, key=lambda each: each.start):
                start = before + len(part[: result.start].encode("utf-8", "replace"))
                length = len(part[result.start : result.end].encode("utf-8", "replace"))
                yield Found(start, start + length, KINDS.get(result.entity_type, "private"))

    return found
