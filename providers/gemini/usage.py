"""Usage as Gemini reports it: cached input is inside the prompt, results of tools and thoughts stand beside."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.openai_compatible.usage import Reading
from providers.openai_compatible.wire import TIER_LENGTH
from providers.translated.reported import Figures

NAMES = {
    "promptTokenCount": "input",
    "toolUsePromptTokenCount": "tools",
    "cachedContentTokenCount": "cached",
    "candidatesTokenCount": "output",
    "thoughtsTokenCount": "thought",
    "totalTokenCount": "total",
}


class GeminiFigures(Figures):
    """Nearly every event of a stream has them, cumulative. A figure that is missing is 0, or not known yet."""

    def add(self, given: object) -> None:
        super().add(given)
        tier = given.get("serviceTier") if isinstance(given, Mapping) else None
        if isinstance(tier, str) and tier.isprintable():
            self.tier = tier[:TIER_LENGTH].lower()

    def reading(self) -> Reading:
        """The total is the sum of all other figures; what it knows beyond them was generated."""
        said = self.largest.get
        given, cached, thought = said("input", 0) + said("tools", 0), said("cached", 0), said("thought", 0)
        output = said("output", 0) + thought
        contradictory = cached > given
        if contradictory:
            given += cached
        total = said("total")
        if total is not None and total != given + output:
            contradictory = True
            output = max(output, total - given)
        return Reading(
            input_tokens=given if given or "input" in self.largest else None,
            output_tokens=output if output or not {"output", "thought"}.isdisjoint(self.largest) else None,
            cached_input_tokens=min(cached, given),
            cache_write_tokens=0,
            reasoning_tokens=min(thought, output),
            contradictory=contradictory,
        )

    def _figures(self, given: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
        for name, own in NAMES.items():
            if name in given:
                yield own, given[name]
