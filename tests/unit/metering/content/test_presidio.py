"""Presidio as an extra, by one that says what it is told to."""

from types import SimpleNamespace
from typing import Any

from metering.content.presidio import MOST_CHARACTERS, presidio_finder
from metering.content.redact import redact


class Told:
    """Stands for Presidio's AnalyzerEngine: every `Ann` is a person."""

    def __init__(self) -> None:
        self.longest = 0

    def analyze(self, *, text: str, language: str, entities: list[str], score_threshold: float) -> Any:
        self.longest = max(self.longest, len(text))
        places = [place for place in range(len(text)) if text.startswith("Ann", place)]
        return [SimpleNamespace(start=place, end=place + 3, entity_type="PERSON") for place in places]


def test_names_are_replaced_beside_what_the_detectors_find() -> None:
    finder = presidio_finder("en", Told())
    assert redact("Jürgen, Ann (ann@alder.example), Ann", finder) == "Jürgen, [PERSON] ([EMAIL]), [PERSON]"


def test_long_texts_are_read_in_parts() -> None:
    analyzer = Told()
    text = "ü" * (MOST_CHARACTERS + 10) + " Ann"
    assert redact(text, presidio_finder("en", analyzer)).endswith(" [PERSON]")
    assert analyzer.longest == MOST_CHARACTERS
