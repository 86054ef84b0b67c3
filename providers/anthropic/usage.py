"""Usage as Anthropic reports it: cached input stands beside `input_tokens`, thinking is inside `output_tokens`."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.openai_compatible.usage import Reading
from providers.openai_compatible.wire import TIER_LENGTH
from providers.translated.reported import Figures

NAMES = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_input_tokens": "cached",
    "cache_creation_input_tokens": "written",
}
LIVES = {"ephemeral_5m_input_tokens": "written_5m", "ephemeral_1h_input_tokens": "written_1h"}
RECOUNTED = 16
"""Tokens by which the thinking may be over the output: it is counted again from its text."""


class AnthropicFigures(Figures):
    """`message_delta` repeats and replaces what `message_start` said: each figure is cumulative."""

    def add(self, given: object) -> None:
        super().add(given)
        tier = given.get("service_tier") if isinstance(given, Mapping) else None
        if isinstance(tier, str) and tier.isprintable():
            self.tier = tier[:TIER_LENGTH]

    def reading(self) -> Reading:
        said = self.largest.get
        cached, written, thought = said("cached", 0), said("written", 0), said("thought", 0)
        hour = said("written_1h", 0)
        by_life = said("written_5m", 0) + hour
        contradictory = bool(by_life) and "written" in self.largest and by_life != written
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

    def _figures(self, given: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
        for name, own in NAMES.items():
            if name in given:
                yield own, given[name]
        lives = given.get("cache_creation")
        if isinstance(lives, Mapping):
            for name, own in LIVES.items():
                yield own, lives.get(name)
        details = given.get("output_tokens_details")
        if isinstance(details, Mapping):
            yield "thought", details.get("thinking_tokens")
