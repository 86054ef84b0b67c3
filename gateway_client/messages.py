"""Messages and tools in the words of chat completions, and in those of the Teams surface."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway_client.errors import ConfigurationError
from gateway_client.values import ChatResponse, Message, Messages, Tool, ToolCall


def as_messages(given: Messages) -> Sequence[Message]:
    """A text alone is one message of the user. Raises ConfigurationError, naming the place, for what is no message."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, Iterable):
        raise ConfigurationError("messages: a text, or a list of messages.", param="messages")
    return [_message(each, place) for place, each in enumerate(given)]


def as_tools(given: Iterable[Tool | Mapping[str, Any]]) -> list[Tool]:
    """Tools, from themselves or from `{"name", "description", "parameters"}`, also within `{"type", "function"}`."""
    return [tool if isinstance(tool, Tool) else _tool(tool.get("function", tool)) for tool in given]


def openai_message(message: Message) -> dict[str, Any]:
    """For chat completions."""
    calls = message.get("tool_calls")
    if not calls:
        return {name: value for name, value in message.items() if name != "tool_calls"}
    return {**message, "tool_calls": [_openai_call(call) for call in calls]}


def openai_tool(tool: Tool) -> dict[str, Any]:
    """For chat completions."""
    return {"type": "function", "function": _plain_tool(tool)}


def teams_message(message: Message) -> dict[str, Any]:
    """For `/llm`, which has no other fields."""
    shown: dict[str, Any] = {"role": message["role"], "content": message.get("content")}
    if calls := message.get("tool_calls"):
        shown["toolCalls"] = [
            {"id": call.id, "name": call.name, "arguments": dict(call.arguments)}
            | ({"extraContent": dict(call.extra_content)} if call.extra_content else {})
            for call in map(read_call, calls)
        ]
    if "tool_call_id" in message:
        shown["toolCallId"] = message["tool_call_id"]
    return shown


def teams_tool(tool: Tool) -> dict[str, Any]:
    """For `/llm`."""
    return _plain_tool(tool)


def read_call(call: Any) -> ToolCall:
    """A tool call, from itself, from the SDK's object or from a mapping of either surface."""
    if isinstance(call, ToolCall):
        return call
    if not isinstance(call, Mapping):
        call = call.model_dump()
    said = call.get("function", call)
    extra = call.get("extra_content") or call.get("extraContent")
    return ToolCall(
        id=call.get("id") or "",
        name=said.get("name") or "",
        arguments=arguments_of(said.get("arguments")),
        extra_content=_plain(extra) if isinstance(extra, Mapping) else None,
    )


def arguments_of(given: object) -> Mapping[str, Any]:
    """The arguments of a tool call as an object."""
    if isinstance(given, Mapping):
        return dict(_plain(given))
    text = given if isinstance(given, str) else ""
    try:
        read = json.loads(text or "{}")
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {"INVALID_JSON": text}


def _message(given: Any, place: int) -> Message:
    if isinstance(given, Mapping):
        return given
    if isinstance(given, ChatResponse):
        said: dict[str, Any] = {"role": given.role, "content": given.content or None}
        return said | ({"tool_calls": given.tool_calls} if given.tool_calls else {})
    if hasattr(given, "model_dump"):
        return {name: value for name, value in given.model_dump().items() if value is not None}
    path = f"messages[{place}]"
    raise ConfigurationError(f"{path}: a mapping with a role, or an answer.", param=path)


def _plain(value: Any) -> Any:
    """With floats in the place of the Decimals that answers of `/llm` are read with: JSON has no others."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _openai_call(call: Any) -> dict[str, Any]:
    read = read_call(call)
    arguments = json.dumps(dict(read.arguments), ensure_ascii=False)
    shown = {"id": read.id, "type": "function", "function": {"name": read.name, "arguments": arguments}}
    return shown | ({"extra_content": dict(read.extra_content)} if read.extra_content else {})


def _tool(given: Mapping[str, Any]) -> Tool:
    if not isinstance(given.get("name"), str):
        raise ConfigurationError("tools: each needs a name.", param="tools")
    return Tool(
        name=given["name"],
        description=given.get("description") or "",
        parameters=given.get("parameters") or {"type": "object"},
    )


def _plain_tool(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
