"""What a chat message or a delta says, kind by kind, whichever field its vendor uses for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.openai_compatible.lenient_json import encode_lenient

THINKING, TEXT, REFUSAL = "thinking", "text", "refusal"
REASONING = ("reasoning_content", "reasoning")
"""Fields that vendors use for what a model thinks; some fill both with the same text."""


def texts_in(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each text with its kind: first what the model thinks, then what it says."""
    reasoning = next((text for name in REASONING if isinstance(text := message.get(name), str) and text), "")
    if reasoning:
        yield THINKING, reasoning
    content = message.get("content")
    if isinstance(content, str):
        if content:
            yield TEXT, content
    elif isinstance(content, list):
        yield from _parts(content)


def refusal_in(message: Mapping[str, Any]) -> str:
    """With what words it refuses; empty: it does not."""
    words = message.get("refusal")
    return words if isinstance(words, str) else ""


def calls_in(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Its tool calls, or the pieces of them."""
    calls = message.get("tool_calls")
    return [call for call in calls if isinstance(call, Mapping)] if isinstance(calls, list) else []


def function_in(call: Mapping[str, Any]) -> tuple[str, str]:
    """The name and the arguments of a call, or what a piece adds to them."""
    function = call.get("function")
    if not isinstance(function, Mapping):
        return "", ""
    name, arguments = function.get("name"), function.get("arguments")
    if isinstance(arguments, Mapping):  # as a few vendors send them
        arguments = encode_lenient(arguments).decode()
    return name if isinstance(name, str) else "", arguments if isinstance(arguments, str) else ""


def first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one choice of an answer or a chunk; empty where there is none."""
    choices = answer.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, Mapping) and choice.get("index") in (None, 0):
            return choice
    return {}


def part_of(choice: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The message or the delta of a choice."""
    part = choice.get(name)
    return part if isinstance(part, Mapping) else {}


def _parts(content: list[Any]) -> Iterator[tuple[str, str]]:
    """Content in parts, as Mistral's models that think send it."""
    for part in content:
        if not isinstance(part, Mapping):
            continue
        if isinstance(text := part.get("text"), str):
            if text:
                yield TEXT, text
        elif isinstance(thinking := part.get("thinking"), list):
            for inner in thinking:
                if isinstance(inner, Mapping) and isinstance(text := inner.get("text"), str) and text:
                    yield THINKING, text
