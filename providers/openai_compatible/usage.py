"""Usage as OpenAI-compatible vendors report it: one reading for whole answers and streams, field by field.

Rules (which figure is inside which, by vendor: the table of fields in docs/endings.md):

1. Each field is read on its own; fractions are rounded up, what is no count is missing.
2. Over a stream each field counts at its largest, because some vendors repeat and others split their figures.
3. Reasoning is inside the output if the total is input plus output, outside if the total says so.
4. Cached tokens are inside the input, unless they are named as Anthropic names them, or do not fit into it.
5. Cache writes of each life are inside all cache writes; of the figure for all and their sum the larger counts.
6. Where figures contradict each other the larger reading counts, and is marked.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from providers.openai_compatible.extras import Extras
from providers.openai_compatible.usage_fields import BESIDE, INPUTS, count_of, fields_of, note

REPORTED_LENGTH = 1_000
"""Characters that are kept of figures that were not believed."""


class Reading(Struct, frozen=True, kw_only=True):
    """What a vendor's figures come to. None: it said nothing."""

    input_tokens: int | None
    output_tokens: int | None
    cached_input_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    contradictory: bool
    cache_write_1h_tokens: int = 0
    cache_write_12h_tokens: int = 0


class ReportedUsage:
    """Collects the usage objects of one answer."""

    def __init__(self) -> None:
        self.extras = Extras()
        self.output_reports = 0
        """How often it was said how much has been generated."""
        self._largest: dict[str, int] = {}
        self._contradictory = False
        self._may_be_beside = False
        self._is_beside = False
        """Whether cached tokens are counted beside the input, as Anthropic counts them."""
        self._last: Mapping[str, Any] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing with a figure in it was reported."""
        return not self._largest

    @property
    def has_output(self) -> bool:
        """Whether something was generated, by the vendor's word."""
        return bool(self._largest.get("output") or self._largest.get("reasoning"))

    @property
    def text(self) -> str:
        """The last usage object as it came, for people; of one that is too long or cannot be written, the figures."""
        try:
            text = msgspec.json.encode(self._last).decode()
        except (UnicodeEncodeError, TypeError, RecursionError):
            text = ""
        return text if 0 < len(text) <= REPORTED_LENGTH else msgspec.json.encode(self._largest).decode()

    def add(self, given: object) -> None:
        """One usage object, whatever it is."""
        if not isinstance(given, dict):
            return
        self.extras.read(given)
        fields = fields_of(given)
        if not fields and BESIDE.keys().isdisjoint(given):
            return
        self._last = given
        self.output_reports += "output" in fields
        if not BESIDE.keys().isdisjoint(given):
            if "cached" not in fields and any(count_of(given.get(name)) for name in BESIDE):
                self._may_be_beside = True
                self._is_beside = "prompt_tokens" not in given and not INPUTS.isdisjoint(given)
            for name, own in BESIDE.items():
                note(fields, own, given.get(name))
        total, known = fields.get("total"), fields.get("input", 0) + fields.get("output", 0)
        if total is not None and "input" in fields and "output" in fields and total < known:
            self._contradictory = True
        for name, count in fields.items():
            self._largest[name] = max(count, self._largest.get(name, 0))

    def reading(self) -> Reading:
        """What the figures come to, together."""
        said = self._largest.get
        given, output, total, reasoning = said("input"), said("output"), said("total"), said("reasoning", 0)
        cached, written, by_life = said("cached", 0), said("written", 0), _by_life(said)
        is_beside, contradictory = self._is_beside, self._contradictory
        if by_life:
            contradictory = contradictory or by_life != said("written", by_life)
            written = max(written, by_life)
        cache = cached + written
        # 0. Who bills what it has read for its citations counts that, and its reasoning, beside the output.
        beside = said("cited", 0)
        if beside:
            beside += reasoning
            output, total = (output or 0) + beside, None if total is None else total + beside
        # 1. What one side lacks, the total knows.
        if given is None and total is not None and output is not None:
            given, contradictory = max(0, total - output), True
        elif output is None and total is not None and given is not None and total > given:
            output, contradictory = total - given, True
        if total is not None and not contradictory:
            total = max(total, (given or 0) + (output or 0))  # split over reports that each added up
        # 2. The readings that are possible, the usual one first.
        tokens_in, tokens_out = given or 0, output or 0
        inputs = [tokens_in] if cache <= tokens_in and not is_beside else []
        if cache and (not inputs or self._may_be_beside):
            inputs.append(tokens_in + cache)
        outputs = [tokens_out] if reasoning <= tokens_out else []
        if reasoning and not beside:
            outputs.append(tokens_out + reasoning)
        # 3. The one that adds up; else the larger.
        if total is None:
            input_tokens, output_tokens = inputs[0], outputs[-1]
            contradictory = contradictory or len(outputs) > 1 or reasoning > tokens_out
            contradictory = contradictory or (cache > tokens_in and not is_beside)
        else:
            sums = [(each, other) for each in inputs for other in outputs if each + other == total]
            if not sums and is_beside:  # a total without the cache
                sums = [(inputs[0], other) for other in outputs if tokens_in + other == total]
            contradictory = contradictory or not sums
            input_tokens, output_tokens = (
                sums[0] if sums else (inputs[-1], max(outputs[-1], total - inputs[-1]))
            )
        cached = min(cached, input_tokens)
        written = min(written, input_tokens - cached)
        half_day = min(said("written_12h", 0), written)
        return Reading(
            input_tokens=None if given is None and not input_tokens else input_tokens,
            output_tokens=None if output is None and not output_tokens else output_tokens,
            cached_input_tokens=cached,
            cache_write_tokens=written,
            cache_write_1h_tokens=min(said("written_1h", 0), written - half_day),
            cache_write_12h_tokens=half_day,
            reasoning_tokens=min(reasoning, output_tokens),
            contradictory=contradictory,
        )


def _by_life(said: Callable[[str, int], int]) -> int:
    return said("written_short", 0) + said("written_1h", 0) + said("written_12h", 0)
