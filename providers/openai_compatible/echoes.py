"""What answers say beside their text, which clients send back with the conversation, and which some vendors refuse.

A model that thinks may want its thoughts back, so they are taken out for those vendors alone that do not take them.
"""

from collections.abc import Mapping
from typing import Any

from providers.openai_compatible.traits import THOUGHTS, Traits

BESIDE = frozenset({"annotations", "executed_tools", "provider_specific_fields"})
EMPTY = frozenset({"refusal", "audio", "function_call", "tool_calls"})
"""Of these only the empty ones are taken out: the others say something."""
REFUSAL = "refusal"


def without_echoes(messages: object, traits: Traits) -> list[Any] | None:
    """The messages as the vendor takes them; None: as they are."""
    if traits.takes_thoughts and not traits.strict_messages:
        return None
    refused = frozenset() if traits.takes_thoughts else THOUGHTS
    if traits.strict_messages:
        refused |= BESIDE | EMPTY
    if not isinstance(messages, list) or not any(_has_any(message, refused) for message in messages):
        return None
    return [_without(message, refused) if _has_any(message, refused) else message for message in messages]


def thoughts_in(messages: object) -> list[str]:
    """The names under which a request brings thoughts back."""
    if not isinstance(messages, list):
        return []
    held = [THOUGHTS & message.keys() for message in messages if _has_any(message, THOUGHTS)]
    return sorted(frozenset().union(*held))


def _has_any(message: object, names: frozenset[str]) -> bool:
    return isinstance(message, dict) and message.get("role") == "assistant" and not names.isdisjoint(message)


def _without(message: Mapping[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in message.items() if name not in refused or _says(name, value)}
    if REFUSAL in refused and kept.get(REFUSAL):
        words = kept.pop(REFUSAL)
        kept["content"] = kept.get("content") or words
    return kept


def _says(name: str, value: object) -> bool:
    return name in EMPTY and bool(value)
