"""Hostile texts: twice the text is twice the work, counted in searches and in candidates, not by a clock."""

import re
from dataclasses import replace

import pytest

from metering.content.detectors.detector import Detector, Match
from metering.content.detectors.registry import DETECTORS
from metering.content.redact import redact

HOSTILE = (
    "1 ", "11 ", "4111 ", "4111-", "a@", "a.", "@a.", "1.", "1.1.1.1 ", "a:", "a::", "ab-", "sk-", "eyJ-", "eyJa.",
    "sk-a1b2c3d4e5f6g7h8 ", "-----BEGIN PRIVATE KEY-----", "bearer a", "ab://a:", "+1 ", "+4930123456 ", "(11",
    "DE89 ", "DE89370400440532013000", "call 11 22 ", "AC0123456789", "ü@ü.", "0",
)  # fmt: skip
SMALL, MEGABYTE = 4_000, 1_000_000
MOST_STEPS_FOR_A_BYTE = 1.0
IDS = [f"{place}-{detector.kind}" for place, detector in enumerate(DETECTORS)]


class Counted:
    """A pattern that counts how often it is asked."""

    def __init__(self, detector: Detector) -> None:
        self._pattern = detector.pattern
        self.pattern = detector.pattern.pattern
        self.searches = 0

    def search(self, text: bytes, pos: int = 0) -> Match | None:
        self.searches += 1
        return self._pattern.search(text, pos)

    def fullmatch(self, text: bytes) -> Match | None:
        return self._pattern.fullmatch(text)


def steps(detector: Detector, text: str) -> int:
    pattern = Counted(detector)
    for _ in replace(detector, pattern=pattern).find(text.encode()):
        pass
    return pattern.searches


@pytest.mark.parametrize("detector", DETECTORS, ids=IDS)
def test_no_pattern_repeats_anything_without_a_bound(detector: Detector) -> None:
    """So a search that begins somewhere looks at a bounded stretch before it has found, or goes on."""
    without_classes = re.sub(rb"\[[^\]]*\]|\\.", b"x", detector.pattern.pattern)
    assert not re.search(rb"[*]|\{\d+,\}|[^(?]\+", without_classes.replace(b"(?:+", b"("))


@pytest.mark.parametrize("detector", DETECTORS, ids=IDS)
@pytest.mark.parametrize("unit", HOSTILE)
def test_the_searches_grow_as_the_text_does(detector: Detector, unit: str) -> None:
    small = unit * (SMALL // len(unit))
    once, twice = steps(detector, small), steps(detector, small * 2)
    assert twice <= 2 * once + 2
    assert once <= MOST_STEPS_FOR_A_BYTE * len(small.encode()) + 1


def test_a_megabyte_of_hostile_text_is_redacted() -> None:
    """The same share of every hostile text. Quadratic work would take hours here, not seconds."""
    share = MEGABYTE // len(HOSTILE)
    text = "\n".join(unit * (share // len(unit)) for unit in HOSTILE)
    assert len(text) > MEGABYTE * 0.95
    assert "[PHONE]" in redact(text)
