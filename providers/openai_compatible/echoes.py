"""What answers say beside their text, which clients send back with the conversation, and which some vendors refuse.

A model that thinks may want its thoughts back, so they are taken out for those vendors alone that do not take them.
"""

from collections.abc import Mapping
from typing import Any

from providers.openai_compatible.traits import THOUGHTS, Traits

BESIDE = frozenset({"annotations", "executed_tools", "provider_specific_fields"})
EMPTY = frozenset({"refusal", "audio", "function_call", "tool_calls"})
"""Of these only the empty ones are taken out: the others say something."""
OF_STRICT = BESIDE | EMPTY
ALL = THOUGHTS | OF_STRICT
REFUSAL = "refusal"


def without_echoes(messages: object, traits: Traits) -> list[Any] | None:
    """The messages as the vendor takes them; None: as they are."""
    if (traits.takes_thoughts and not traits.strict_messages) or not isinstance(messages, list):
        return None
    refused = OF_STRICT if traits.takes_thoughts else ALL if traits.strict_messages else THOUGHTS
    for message in messages:
        if _changes(message, refused):
            break
    else:
        return None  # nearly always
    return [_without(message, refused) if _changes(message, refused) else message for message in messages]


def thoughts_in(messages: object) -> list[str]:
    """The names under which a request brings thoughts back."""
    if not isinstance(messages, list):
        return []
    held = [THOUGHTS & message.keys() for message in messages if _has_any(message, THOUGHTS)]
    return sorted(frozenset().union(*held))


def _has_any(message: object, names: frozenset[str]) -> bool:
    return isinstance(message, dict) and message.get("role") == "assistant" and not names.isdisjoint(message)


def _changes(message: object, refused: frozenset[str]) -> bool:
    """Whether a message has to be written anew."""
    if not isinstance(message, dict) or not _has_any(message, refused):
        return False
    return any(name == REFUSAL or not _says(name, message[name]) for name in refused & message.keys())


def _without(message: Mapping[str, Any], refused: frozenset[str]) -> dict[str, Any]:
    kept = {name: value for name, value in message.items() if name not in refused or _says(name, value)}
    if REFUSAL in refused and kept.get(REFUSAL):
        words = kept.pop(REFUSAL)
        kept["content"] = kept.get("content") or words
    return kept


def _says(name: str, value: object) -> bool:
    return name in EMPTY and bool(value)
