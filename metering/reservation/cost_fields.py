"""The registry of request fields that bear cost beyond the tokens of a text.

Everything else in a request is text, whose tokens its bytes bound, or does not cost anything.
"""

from collections.abc import Callable
from typing import Any

from metering.errors import UnpriceableRequest
from metering.ports import Body

PLAIN_TIERS = (None, "auto", "default", "flex", "standard")
"""Service tiers that cost the listed price or less."""
TEXT_PARTS = frozenset({"text", "refusal", "input_text", "output_text"})
"""Content parts whose tokens are bounded by their bytes."""

UNBOUNDED: dict[str, Callable[[Any], bool]] = {
    "web_search_options": bool,  # a fee per search, and what it finds is input
    "search_parameters": bool,
    "plugins": bool,
    "models": bool,  # the vendor's own fallbacks have other prices
    "prediction": bool,  # rejected predictions are billed as output past the output limit
    "audio": bool,  # audio tokens have prices of their own
    "modalities": lambda value: value != ["text"],
    "service_tier": lambda value: value not in PLAIN_TIERS,
    "tools": lambda tools: any(tool.get("type", "function") not in ("function", "custom") for tool in tools),
}
"""Field → whether its value costs what nobody can bound beforehand. None and absent never do."""


def refuse_unbounded(body: Body) -> None:
    """Raise UnpriceableRequest for a field whose cost cannot be bounded."""
    for field, costs in UNBOUNDED.items():
        value = body.get(field)
        if value is not None and costs(value):
            raise UnpriceableRequest(
                f"The cost of this `{field}` cannot be known before the call, and a hard budget applies.",
                param=field,
            )


def has_unbounded_content(body: Body) -> bool:
    """Whether a message holds images, audio or files, whose tokens their bytes do not bound."""
    return any(
        part.get("type") not in TEXT_PARTS
        for message in body["messages"]
        if isinstance(content := message.get("content"), list)
        for part in content
    )


def text_of(body: Body) -> list[object]:
    """The messages' text alone, for estimating what can be estimated."""
    return [
        [part for part in content if part.get("type") in TEXT_PARTS] if isinstance(content, list) else content
        for message in body["messages"]
        for content in [message.get("content")]
    ]
