"""Usage as Anthropic reports it: cached input stands beside `input_tokens`, thinking is inside `output_tokens`.

`iterations` list each sampling of an answer. Compactions are never in the figures of the whole; of the others nobody
promises that all are (advisors, fallbacks), so the larger counts: the figures of the whole, or their sum.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.openai_compatible.extras import TIER_LENGTH
from providers.openai_compatible.usage import Reading
from providers.openai_compatible.usage_fields import count_of
from providers.translated.reported import Figures

NAMES = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_input_tokens": "cached",
    "cache_creation_input_tokens": "written",
}
LIVES = {"ephemeral_5m_input_tokens": "written_5m", "ephemeral_1h_input_tokens": "written_1h"}
SAMPLED, COMPACTION = "sampled", "compaction"
MAX_ITERATIONS = 1_000
RECOUNTED = 16
"""Tokens by which the thinking may be over the output: it is counted again from its text."""


class AnthropicFigures(Figures):
    """`message_delta` repeats and replaces what `message_start` said: each figure is cumulative."""

    def add(self, given: object) -> None:
        super().add(given)
        tier = given.get("service_tier") if isinstance(given, Mapping) else None
        if isinstance(tier, str) and tier.isprintable():
            self.tier = tier[:TIER_LENGTH]

    def begin(self, given: object) -> None:
        """The usage of `message_start`, whose output is no more than the first token: how much it was in the end says
        `message_delta`.
        """
        if isinstance(given, Mapping):
            given = {name: value for name, value in given.items() if name != "output_tokens"}
        self.add(given)

    def reading(self) -> Reading:
        said = self._said
        cached, written, thought = said("cached") or 0, said("written") or 0, said("thought") or 0
        hour = said("written_1h") or 0
        by_life = (said("written_5m") or 0) + hour
        contradictory = self._lives_differ
        written = max(written, by_life)
        output = said("output")
        if thought > (output or 0) + RECOUNTED:
            output, contradictory = (output or 0) + thought, True
        given = said("input")
        whole = (given or 0) + cached + written
        return Reading(
            input_tokens=None if given is None and not whole else whole,
            output_tokens=output,
            cached_input_tokens=cached,
            cache_write_tokens=written,
            cache_write_1h_tokens=hour,
            reasoning_tokens=min(thought, output or 0),
            contradictory=contradictory,
        )

    def _said(self, name: str) -> int | None:
        """A figure of the whole answer, compactions included; None: nothing was said of it."""
        found = [self.largest.get(each) for each in (name, f"{SAMPLED} {name}", f"{COMPACTION} {name}")]
        if found == [None, None, None]:
            return None
        whole, sampled, compacted = (each or 0 for each in found)
        return max(whole, sampled) + compacted

    @property
    def _lives_differ(self) -> bool:
        by_life = self.largest.get("written_5m", 0) + self.largest.get("written_1h", 0)
        return bool(by_life) and by_life != self.largest.get("written", by_life)

    def _figures(self, given: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
        yield from _plain_figures(given)
        iterations = given.get("iterations")
        if isinstance(iterations, list):
            yield from _sums_of(iterations[:MAX_ITERATIONS])
        details = given.get("output_tokens_details")
        if isinstance(details, Mapping):
            yield "thought", details.get("thinking_tokens")


def _plain_figures(given: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, own in NAMES.items():
        if name in given:
            yield own, given[name]
    lives = given.get("cache_creation")
    if isinstance(lives, Mapping):
        for name, own in LIVES.items():
            yield own, lives.get(name)


def _sums_of(iterations: list[Any]) -> Iterator[tuple[str, object]]:
    """Over all samplings, and over all compactions, each figure's sum."""
    sums: dict[str, int] = {}
    for each in iterations:
        if isinstance(each, Mapping):
            kind = COMPACTION if each.get("type") == COMPACTION else SAMPLED
            for name, value in _plain_figures(each):
                sums[f"{kind} {name}"] = sums.get(f"{kind} {name}", 0) + (count_of(value) or 0)
    yield from sums.items()
