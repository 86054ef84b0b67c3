"""What `GET /models` answers where OpenAI's protocol is spoken. Limits are each vendor's own addition."""

from collections.abc import Iterator
from typing import Any

from providers.listing import ModelList, items, model_of
from providers.port import VendorModel

CONTEXT = ("context_length", "context_window", "max_context_length", "max_model_len")
"""OpenRouter, Groq, Mistral, vLLM."""
OUTPUT = ("max_completion_tokens", "max_output_tokens")


def _read(body: dict[str, Any]) -> Iterator[VendorModel | None]:
    """All of them are on one page."""
    for item in items(body, "data"):
        provider = item.get("top_provider")
        served = provider if isinstance(provider, dict) else {}
        yield model_of(
            item.get("id"),
            label=item.get("name") or item.get("display_name"),
            context=_first(item, CONTEXT),
            output=_first(item, OUTPUT) or _first(served, OUTPUT),
        )


def _first(item: dict[str, Any], names: tuple[str, ...]) -> object:
    return next((item[name] for name in names if item.get(name)), None)


MODELS = ModelList(read=_read)
