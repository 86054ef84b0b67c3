"""A vendor that does to each call what its mood says, whatever the call asks for."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.vendors.directives import Directives, directives_in
from tests.vendors.openai_app import FakeOpenAI

Mood = Callable[[bool], str]
"""Directives for one call, which is streamed or not."""
FIRST_BYTE_S = 1.5
"""What the gateways give these vendors to begin an answer, so that one that hangs is soon given up."""
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
BREAKS = ("vendor:reset", "vendor:bad-json", "vendor:stall=0.1", "vendor:slow=0.1", "vendor:hang")
AWAY = ("vendor:status=503 vendor:retry-after=-1", "vendor:reset", "vendor:cut=0")
OF_WHOLE_ANSWERS = (*REFUSALS, *BREAKS, "vendor:cut=0", "vendor:cut=40")
OF_STREAMS = (
    *REFUSALS,
    *BREAKS,
    *("vendor:bad-sse", "vendor:cut=0", "vendor:cut=1", "vendor:end=1"),  # before the first word
    *("vendor:cut=4", "vendor:end=4"),  # behind it
)


class MoodyVendor(FakeOpenAI):
    """Each of its answers has so many words, by which one vendor's answer is told from another's."""

    def __init__(self, mood: Mood, *, words: int) -> None:
        super().__init__()
        self.mood = mood
        self.words = words

    def _directives(self, body: Mapping[str, Any], model: str) -> Directives:
        asked = f"vendor:words={self.words} {self.mood(bool(body.get('stream')))}"
        return directives_in({"model": f"{model} {asked}", "messages": []})


def well(_: bool) -> str:
    return WELL


def at_random(seed: int, *, failing: float) -> Mood:
    """A mood that fails this share of the calls, in every way."""
    dice = random.Random(seed)

    def mood(streamed: bool) -> str:
        if dice.random() >= failing:
            return WELL
        return dice.choice(OF_STREAMS if streamed else OF_WHOLE_ANSWERS)

    return mood


def flapping(seed: int) -> Mood:
    """Well for a moment, away for a moment."""
    dice = random.Random(seed)

    def mood(_: bool) -> str:
        return dice.choice(AWAY) if int(time.monotonic() / FLAP_S) % 2 else WELL

    return mood
