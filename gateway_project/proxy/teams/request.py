"""A request of the Teams surface as a chat completion. What it does not know it refuses."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.strict_input import read_strictly
from metering.errors import InvalidRequest

_encode = msgspec.json.Encoder().encode
MAX_MESSAGES, MAX_TOOLS, MAX_CALLS = 10_000, 1_000, 1_000
Name = Annotated[str, Meta(min_length=1, max_length=256)]


class _ToolCall(Struct, forbid_unknown_fields=True, rename="camel"):
    id: Name
    name: Name
    arguments: dict[str, Any] | str = {}
    """An object, or its JSON."""
    extra_content: dict[str, Any] | None = None
    """As the answer had it: what the model wants back with the tool's result."""


class _Message(Struct, forbid_unknown_fields=True, rename="camel"):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    """Text, or parts as chat completions have them: `text`, `image_url`."""
    tool_calls: Annotated[list[_ToolCall], Meta(max_length=MAX_CALLS)] | None = None
    """What the assistant called."""
    tool_call_id: Name | None = None
    """Of a tool's result: which call it answers."""


class _Tool(Struct, forbid_unknown_fields=True):
    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Chosen(Struct, forbid_unknown_fields=True):
    name: Name


class _Request(Struct, forbid_unknown_fields=True, rename="camel"):
    messages: Annotated[list[_Message], Meta(min_length=1, max_length=MAX_MESSAGES)]
    model: str | None = None
    """None and empty: the plan's default."""
    tools: Annotated[list[_Tool], Meta(max_length=MAX_TOOLS)] | None = None
    tool_choice: Literal["auto", "none", "required"] | _Chosen | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    stop: str | list[str] | None = None
    stream: bool | UnsetType | None = UNSET
    metadata: dict[str, Any] | None = None


def chat_of(body: dict[str, Any], *, streamed: bool) -> dict[str, Any]:
    """The chat completion that is asked for. Raises InvalidRequest, naming the field."""
    asked = read_strictly(body, _Request)
    if asked.stream is not UNSET and bool(asked.stream) is not streamed:
        other = "/llm/chat" if streamed else "/llm/stream"
        raise InvalidRequest(
            f"stream: here it can only be {str(streamed).lower()}; ask {other}.", param="stream"
        )
    chat: dict[str, Any] = {
        "model": asked.model or "",
        "messages": [_message(message, place) for place, message in enumerate(asked.messages)],
    }
    if asked.tools:
        chat["tools"] = [{"type": "function", "function": _function(tool)} for tool in asked.tools]
    if asked.tool_choice is not None and asked.tools:
        chosen = asked.tool_choice
        chat["tool_choice"] = (
            {"type": "function", "function": {"name": chosen.name}} if isinstance(chosen, _Chosen) else chosen
        )
    for name in ("temperature", "top_p", "max_tokens", "stop", "metadata"):
        if (value := getattr(asked, name)) is not None:
            chat[name] = value
    if streamed:
        chat |= {"stream": True, "stream_options": {"include_usage": True}}
    return chat


def _message(given: _Message, place: int) -> dict[str, Any]:
    path = f"messages[{place}]"
    message: dict[str, Any] = {"role": given.role, "content": given.content}
    if given.tool_calls:
        if given.role != "assistant":
            raise InvalidRequest(
                f"{path}.toolCalls: only an assistant calls tools.", param=f"{path}.toolCalls"
            )
        message["tool_calls"] = [_call(call) for call in given.tool_calls]
    if given.role == "tool":
        if given.tool_call_id is None:
            raise InvalidRequest(
                f"{path}.toolCallId: say which call this is the result of.", param=f"{path}.toolCallId"
            )
        message["tool_call_id"] = given.tool_call_id
    elif given.tool_call_id is not None:
        raise InvalidRequest(f"{path}.toolCallId: only a tool's result has one.", param=f"{path}.toolCallId")
    return message


def _call(call: _ToolCall) -> dict[str, Any]:
    arguments = call.arguments if isinstance(call.arguments, str) else _encode(call.arguments).decode()
    sent = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
    return sent | ({"extra_content": call.extra_content} if call.extra_content else {})


def _function(tool: _Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "parameters": tool.parameters or {"type": "object"}}
    return function | ({"description": tool.description} if tool.description else {})
