"""Usage as the Messages protocol writes it: what came from the cache, or went into it, is beside the rest."""

from typing import Any

from providers.port import Usage


def usage_object(usage: Usage) -> dict[str, Any]:
    """Return the `usage` of a whole Message."""
    return {
        **running_usage(usage),
        "cache_creation": {
            "ephemeral_5m_input_tokens": max(usage.cache_write_tokens - usage.cache_write_1h_tokens, 0),
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
        },
        "service_tier": "standard",
    }


def running_usage(usage: Usage) -> dict[str, Any]:
    """What a stream's last event but one says; it has no more fields."""
    cached, written = usage.cached_input_tokens, usage.cache_write_tokens
    said: dict[str, Any] = {
        "input_tokens": max((usage.input_tokens or 0) - cached - written, 0),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": cached,
        "output_tokens": usage.output_tokens or 0,
    }
    if usage.reasoning_tokens:
        said["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return said


NOTHING_YET = usage_object(Usage(input_tokens=0, output_tokens=0))
"""At the beginning of a stream: a chat vendor says only at its end what it has counted."""
