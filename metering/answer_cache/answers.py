"""Which answers are kept: whole ones, that say what the model had to say. Pure."""

from collections.abc import Mapping
from typing import Any

FINISHED = ("stop", "length")
"""An answer that reached its limit would reach it again: the limit is part of the key."""
CALLED = ("tool_calls", "function_call")


def is_kept(answer: Mapping[str, Any], *, any_: bool) -> bool:
    """Whether a chat completion, or a list of embeddings, is one to keep. `any_`: also one that calls tools."""
    if answer.get("object") == "list" and answer.get("data") and not answer.get("error"):
        return True
    choices = answer.get("choices")
    if answer.get("error") or not isinstance(choices, list) or not choices:
        return False
    return all(isinstance(choice, Mapping) and _is_kept(choice, any_=any_) for choice in choices)


def _is_kept(choice: Mapping[str, Any], *, any_: bool) -> bool:
    message, ended = choice.get("message"), choice.get("finish_reason")
    if not isinstance(message, Mapping) or message.get("refusal") or message.get("audio"):
        return False
    if message.get("tool_calls") or message.get("function_call"):
        return any_ and ended in (*CALLED, *FINISHED)
    return ended in FINISHED
