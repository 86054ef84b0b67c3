"""Usage as Gemini reports it: cached input is inside the prompt, results of tools and thoughts stand beside."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from providers.openai_compatible.extras import PICTURES, PLAIN, SOUND, TIER_LENGTH
from providers.openai_compatible.usage import Reading
from providers.openai_compatible.usage_fields import count_of
from providers.translated.reported import Figures

NAMES = {
    "promptTokenCount": "input",
    "toolUsePromptTokenCount": "tools",
    "cachedContentTokenCount": "cached",
    "candidatesTokenCount": "output",
    "thoughtsTokenCount": "thought",
    "totalTokenCount": "total",
}
_READ_SOUND = {"AUDIO": SOUND}
KINDS = {
    "promptTokensDetails": _READ_SOUND,
    "cacheTokensDetails": _READ_SOUND,
    "toolUsePromptTokensDetails": _READ_SOUND,
    "candidatesTokensDetails": {"AUDIO": SOUND, "IMAGE": PICTURES, "VIDEO": "video"},
}
"""Lists of a usage object → what tokens in them are of a kind that has a price of its own."""
PLAIN_TRAFFIC = ("ON_DEMAND", "TRAFFIC_TYPE_UNSPECIFIED")
"""Vertex: what is billed by its tokens at the listed price."""
TIER_OF_TRAFFIC = "ON_DEMAND_"
"""Vertex: how traffic begins that is billed by its tokens too, at the price of the tier whose name follows."""
UNSPECIFIED = "unspecified"
"""The plain tier."""


class GeminiFigures(Figures):
    """Nearly every event of a stream has them, cumulative. A figure that is missing is 0, or not known yet."""

    def add(self, given: object) -> None:
        super().add(given)
        if not isinstance(given, Mapping):
            return
        tier, traffic = _word(given, "serviceTier").lower(), _word(given, "trafficType")
        if traffic.startswith(TIER_OF_TRAFFIC):
            tier, traffic = tier or traffic.removeprefix(TIER_OF_TRAFFIC).lower(), ""
        if tier:
            self.tier = PLAIN if tier == UNSPECIFIED else tier[:TIER_LENGTH]
        if traffic and traffic not in PLAIN_TRAFFIC:
            self.extras.mark(traffic)
        for name, kinds in KINDS.items():
            for each in _items(given, name):
                kind = kinds.get(str(each.get("modality"))) if isinstance(each, Mapping) else None
                if kind and count_of(each.get("tokenCount")):
                    self.extras.mark(kind)

    def ground(self, candidates: Iterable[Mapping[str, Any]]) -> None:
        """The calls of Google's own tools that the candidates show."""
        searches = pages = runs = 0
        for candidate in candidates:
            grounding, pages_read = candidate.get("groundingMetadata"), candidate.get("urlContextMetadata")
            if isinstance(grounding, Mapping):
                queries = len(_items(grounding, "webSearchQueries"))
                searches += queries or bool(_items(grounding, "groundingChunks"))
            if isinstance(pages_read, Mapping):
                pages += len(_items(pages_read, "urlMetadata"))
            content = candidate.get("content")
            if isinstance(content, Mapping):
                runs += sum(
                    isinstance(part, Mapping) and "executableCode" in part
                    for part in _items(content, "parts")
                )
        if searches or pages or runs:
            calls = {"web_search": searches, "web_fetch": pages, "code_execution": runs}
            self.extras.count(calls.items())

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


def _word(given: Mapping[str, Any], name: str) -> str:
    word = given.get(name)
    return word if isinstance(word, str) and word.isprintable() else ""


def _items(holder: Mapping[str, Any], name: str) -> list[Any]:
    items = holder.get(name)
    return items if isinstance(items, list) else []
