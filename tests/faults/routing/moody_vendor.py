"""A vendor that does to each call what its mood says, whatever the call asks for."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.vendors.anthropic_app import FakeAnthropic
from tests.vendors.directives import Directives, directives_in
from tests.vendors.gemini_app import FakeGemini
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.openai_shapes import PROSE
from tests.vendors.wire_app import WORDS, FakeWire

Mood = Callable[[], str]
"""Directives for the next call."""
FIRST_BYTE_S = 1.5
"""What the gateways give a vendor at random to begin an answer, so that one that hangs is soon given up."""
WELL = ""
FLAP_S = 0.3
REFUSALS = (
    "vendor:status=401",
    "vendor:status=429 vendor:retry-after=-1",
    "vendor:status=429 vendor:retry-after=1",
    "vendor:status=500",
    "vendor:status=503 vendor:retry-after=-1",
    "vendor:status=503 vendor:retry-after=1",
)
LATE = ("vendor:stall=0.1", "vendor:slow=0.1", "vendor:hang")
BREAKS = (
    *("vendor:reset", "vendor:rst", "vendor:bad-json", "vendor:bad-sse", "vendor:cut=0", "vendor:cut=40"),
    *("vendor:cut=1", "vendor:end=1"),  # of a stream: before the first word
    *("vendor:cut=4", "vendor:end=4"),  # behind it
)
AWAY = ("vendor:status=503 vendor:retry-after=-1", "vendor:reset", "vendor:rst", "vendor:cut=0")


class Moody(FakeWire):
    """Each of its answers has so many words, by which one vendor's answer is told from another's."""

    def __init__(self, mood: Mood, *, words: int) -> None:
        super().__init__()
        self.mood = mood
        self.words = words

    def _directives(self, body: Mapping[str, Any], model: str) -> Directives:
        asked = f"{model} vendor:words={self.words} {self.mood()}"
        return directives_in({"model": asked, "messages": []})


class MoodyOpenAI(Moody, FakeOpenAI):
    def says(self) -> str:
        return " ".join(PROSE[: self.words])


class MoodyAnthropic(Moody, FakeAnthropic):
    def says(self) -> str:
        return "".join(WORDS[: self.words])


class MoodyGemini(Moody, FakeGemini):
    def says(self) -> str:
        return "".join(WORDS[: self.words])


def well() -> str:
    return WELL


def at_random(seed: int, *, failing: float) -> Mood:
    """A mood that fails about this share of the calls, in every way."""
    dice = random.Random(seed)

    def mood() -> str:
        return dice.choice((*REFUSALS, *LATE, *BREAKS)) if dice.random() < failing else WELL

    return mood


def flapping(seed: int) -> Mood:
    """Well for a moment, away for a moment."""
    dice = random.Random(seed)

    def mood() -> str:
        return dice.choice(AWAY) if int(time.monotonic() / FLAP_S) % 2 else WELL

    return mood
