"""How vendors name the figures of a usage object, and one such object by our own names."""

import math
from collections.abc import Mapping
from typing import Any

FIELDS = {
    **dict.fromkeys(
        ("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "prompt_eval_count"), "input"
    ),
    **dict.fromkeys(
        ("completion_tokens", "output_tokens", "completionTokens", "outputTokens", "eval_count"), "output"
    ),
    **dict.fromkeys(("total_tokens", "totalTokens"), "total"),
    **dict.fromkeys(
        ("prompt_cache_hit_tokens", "cached_tokens", "prompt_eval_cached_count", "cached_prompt_text_tokens"),
        "cached",
    ),
    "reasoning_tokens": "reasoning",
    "citation_tokens": "cited",
}
"""Vendors' names → ours."""
DETAILS = {
    "prompt_tokens_details": {
        "cached_tokens": "cached",
        "cache_write_tokens": "written",
        "cache_creation_tokens": "written",
    },
    "input_tokens_details": {
        "cached_tokens": "cached",
        "cache_read_input_tokens": "cached",
        "cache_write_tokens": "written",
    },
    "completion_tokens_details": {"reasoning_tokens": "reasoning", "thinking_tokens": "reasoning"},
    "output_tokens_details": {"reasoning_tokens": "reasoning", "thinking_tokens": "reasoning"},
}
"""The same inside objects of a usage object."""
LIVES = {
    "ttl_30m_tokens": "written_short",
    "ephemeral_5m_input_tokens": "written_short",
    "ephemeral_1h_input_tokens": "written_1h",
    "ttl_12h_tokens": "written_12h",
}
"""Cache writes by how long they are kept."""
LIVES_IN = ("cache_creation", "cache_write_tokens_details", "cache_creation_token_details")
"""Objects that hold them, in a usage object or its details."""
BESIDE = {
    "cache_read_input_tokens": "cached",
    "cache_creation_input_tokens": "written",
    "cacheReadInputTokens": "cached",
    "cacheWriteInputTokens": "written",
}
"""As Anthropic and Bedrock name them, who count them beside the input."""
BILLED = "billed_units"
"""What Cohere bills; it counts `tokens` too, which differ."""
LARGEST = 10**15
"""A larger figure is read as this one, which no model can reach either."""
INPUTS = {name for name, own in FIELDS.items() if own == "input"}


def fields_of(given: Mapping[str, Any]) -> dict[str, int]:
    """The figures of one usage object by our own names; of two for the same the larger."""
    fields = _fields_of(given)
    if isinstance(billed := given.get(BILLED), dict):
        fields |= _fields_of(billed)
    return fields


def _fields_of(given: Mapping[str, Any]) -> dict[str, int]:
    fields: dict[str, int] = {}
    for name, value in given.items():
        if name in FIELDS:
            note(fields, FIELDS[name], value)
        elif name in DETAILS and isinstance(value, dict):
            for inner, own in DETAILS[name].items():
                if inner in value:
                    note(fields, own, value[inner])
            for holder in LIVES_IN:
                if holder in value:
                    _note_lives(fields, value[holder])
        elif name in LIVES_IN:
            _note_lives(fields, value)
    if not fields.get("input"):
        hits, misses = (
            count_of(given.get("prompt_cache_hit_tokens")),
            count_of(given.get("prompt_cache_miss_tokens")),
        )
        if hits is not None and misses is not None:
            fields["input"] = hits + misses
    return fields


def _note_lives(fields: dict[str, int], lives: object) -> None:
    if isinstance(lives, dict):
        for name, own in LIVES.items():
            if name in lives:
                note(fields, own, lives[name])


def note(fields: dict[str, int], name: str, value: object) -> None:
    """Take in a figure, unless there is a larger one of this name."""
    count = value if type(value) is int and 0 <= value <= LARGEST else count_of(value)
    if count is not None and count >= fields.get(name, 0):
        fields[name] = count


def count_of(value: object) -> int | None:
    """A count, rounded up; None for what is none. Some vendors write numbers as text."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= 32 else None
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:  # NaN is not either
        return None
    return LARGEST if value > LARGEST else math.ceil(value)
