"""What a model that thinks wants back with a tool call, carried in the call's `extra_content`.

Google has this field in its own OpenAI-shaped protocol, and OpenAI's SDKs send back what they do not know. It belongs
to the model that made it, so another model gets the call without it.
"""

from collections.abc import Mapping
from typing import Any

FIELD = "extra_content"
MADE_BY = "made_by"


def carried(vendor: str, value: Mapping[str, Any], model: str) -> dict[str, Any]:
    """The field's value, for a tool call of an answer."""
    return {vendor: dict(value), MADE_BY: model}


def brought_back(extra: Mapping[str, Any], vendor: str, model: str) -> Mapping[str, Any]:
    """What the model itself has put there; nothing where another one did."""
    value = extra.get(vendor)
    is_own = extra.get(MADE_BY) in (None, model)
    return value if is_own and isinstance(value, Mapping) else {}


def without_signatures(messages: object) -> object:
    """The messages of a request for a vendor that did not make them. What was not made here passes as it came."""
    if not isinstance(messages, list):
        return messages
    return [_without(message) if isinstance(message, Mapping) else message for message in messages]


def _without(message: Mapping[str, Any]) -> Mapping[str, Any]:
    calls = message.get("tool_calls")
    if not isinstance(calls, list) or not any(map(_is_carried, calls)):
        return message
    stripped = [
        {name: value for name, value in call.items() if name != FIELD} if _is_carried(call) else call
        for call in calls
    ]
    return {**message, "tool_calls": stripped}


def _is_carried(call: object) -> bool:
    extra = call.get(FIELD) if isinstance(call, Mapping) else None
    return isinstance(extra, Mapping) and MADE_BY in extra
