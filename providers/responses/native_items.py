"""What the items of a vendor's Responses answer say, for counting, and which of them are calls of tools that it ran."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from providers.openai_compatible.generated import Generated

MAX_ITEMS = 10_000
"""Items of one answer whose kinds are kept."""
TEXTS = ("text", "refusal", "name", "arguments", "input", "code", "query", "delta")
HOLDERS = ("content", "summary", "action")
PICTURES = ("image_generation_call",)
"""Items whose tokens nobody can count here."""


class WireResponse(Struct):
    """The fields of a Response that the gateway reads."""

    model: Any = None
    status: Any = None
    error: Any = None
    output: Any = None
    usage: Any = None
    service_tier: Any = None


def response_from(given: Mapping[str, Any]) -> WireResponse:
    """The same of a decoded object, whatever its fields are."""
    return WireResponse(**{name: given.get(name) for name in WireResponse.__struct_fields__})


def add_items(generated: Generated, items: object) -> None:
    """Count what the items of a whole answer say."""
    for item in items[:MAX_ITEMS] if isinstance(items, list) else ():
        if isinstance(item, Mapping):
            if item.get("type") in PICTURES:
                generated.beyond_text = True
            _add(generated, item)


def _add(generated: Generated, said: Mapping[str, Any]) -> None:
    for name in TEXTS:
        text = said.get(name)
        if isinstance(text, str):
            generated.add(text)
    for name in HOLDERS:
        inner = said.get(name)
        for part in inner if isinstance(inner, list) else [inner]:
            if isinstance(part, Mapping):
                _add(generated, part)
