"""Tools that the sandbox calls because it is told to: `sandbox:tool=NAME {"argument": 1}` in the last user message.

Each directive is a call; its arguments are a JSON object, or nothing. Where a call is required and no directive tells
which, it is the named or first tool's, with arguments of its schema. When a tool's result follows the message, the
answer quotes it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from providers.port import Failure, ProviderError
from providers.sandbox.directives import last_user_text, text_of
from providers.sandbox.filled import filled
from providers.sandbox.tokens import count_tokens, pieces_of

MOST_CALLS = 32
"""In one answer."""
QUOTED_CHARACTERS = 200
"""Of each result."""
MOST_QUOTED = 8
"""Results in one answer."""
_DIRECTIVE = re.compile(r"sandbox:tool=([\w.-]{1,256})\s*", re.ASCII)
_read = json.JSONDecoder()


class ToolCall(Struct, frozen=True, kw_only=True):
    """A function to be called, and its arguments as the tokens of a JSON object."""

    id: str
    name: str
    arguments: tuple[str, ...]

    @property
    def tokens(self) -> int:
        return count_tokens(self.name) + len(self.arguments)


def calls_for(body: Mapping[str, Any]) -> tuple[ToolCall, ...]:
    """The calls that the last user message tells to make, of tools that the request offers."""
    offered = _offered(body)
    if not offered or _results(body):
        return ()
    seed = repr(body["messages"]).encode("utf-8", "surrogatepass")
    most = 1 if body.get("parallel_tool_calls") is False else MOST_CALLS
    calls: list[ToolCall] = []
    for number, (name, arguments) in enumerate(_directives(last_user_text(body))):
        if name in offered and len(calls) < most:
            digest = blake2b(seed, digest_size=12, salt=number.to_bytes(2, "big")).hexdigest()
            calls.append(ToolCall(id=f"call_{digest}", name=name, arguments=pieces_of(arguments)))
    return tuple(calls) or _forced(body, offered, seed)


def _forced(body: Mapping[str, Any], offered: Mapping[str, object], seed: bytes) -> tuple[ToolCall, ...]:
    """The one call that the request wants whatever its message says, with arguments made of the tool's schema."""
    choice = body.get("tool_choice")
    is_named = isinstance(choice, dict) and choice.get("type") == "function"
    if choice != "required" and not is_named:
        return ()
    name, schema = next(iter(offered.items()))
    made = filled(schema) if schema else {}
    arguments = json.dumps(made if isinstance(made, dict) else {}, separators=(",", ":"))
    digest = blake2b(seed, digest_size=12).hexdigest()
    return (ToolCall(id=f"call_{digest}", name=name, arguments=pieces_of(arguments)),)


def within(calls: tuple[ToolCall, ...], limit: int) -> Iterator[ToolCall]:
    """As much of the calls as so many tokens are enough for; the last one's arguments may break off."""
    for call in calls:
        room = limit - count_tokens(call.name)
        if room < 0:
            return
        yield replace(call, arguments=call.arguments[:room])
        limit = room - len(call.arguments)


def quoted_results(body: Mapping[str, Any]) -> str:
    """The beginning of what the tools said since the last user message; empty: nothing."""
    starts = [text_of(result)[:QUOTED_CHARACTERS] for result in _results(body)[:MOST_QUOTED]]
    return _sendable("; ".join(starts))


def _directives(text: str) -> Iterator[tuple[str, str]]:
    """Names and arguments, these as they stand. What the arguments of one call say directs nothing."""
    at = 0
    for _ in range(MOST_CALLS):
        found = _DIRECTIVE.search(text, at)
        if found is None:
            return
        start = at = found.end()
        if text.startswith("{", start):
            try:
                _, at = _read.raw_decode(text, start)
            except (ValueError, RecursionError) as error:
                raise _no_json(found[1]) from error
        yield found[1], _sendable(text[start:at]) or "{}"


def _sendable(text: str) -> str:
    """With question marks for lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def _no_json(name: str) -> ProviderError:
    return _refusal(f"The arguments after sandbox:tool={name} are no JSON object.", "messages")


def _refusal(why: str, param: str) -> ProviderError:
    return ProviderError(why, failure=Failure.REFUSED, retryable=False, status=400, param=param)


def _offered(body: Mapping[str, Any]) -> Mapping[str, object]:
    """The functions that may be called, with the schemas of their arguments."""
    choice = body.get("tool_choice")
    if choice == "none":
        return {}
    schemas = {
        _name_of(tool, f"tools[{place}]"): tool["function"].get("parameters")
        for place, tool in enumerate(body.get("tools") or ())
        if tool.get("type", "function") == "function"
    }
    if isinstance(choice, dict) and choice.get("type") == "function":
        wanted = _name_of(choice, "tool_choice")
        return {name: schema for name, schema in schemas.items() if name == wanted}
    return schemas


def _name_of(holder: Mapping[str, Any], path: str) -> str:
    """The name of the function in a tool or a choice. Raises ProviderError where there is none."""
    function = holder.get("function")
    name = function.get("name") if isinstance(function, Mapping) else None
    if not isinstance(name, str) or not name:
        raise _refusal("A function has to have a name.", f"{path}.function.name")
    return name


def _results(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The tools' results since the last user message."""
    results: list[Mapping[str, Any]] = []
    for message in body["messages"]:
        if message.get("role") == "user":
            results = []
        elif message.get("role") == "tool":
            results.append(message)
    return results
