"""Messages and tools in the words of chat completions, and in those of the Teams surface."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway_client.errors import ConfigurationError
from gateway_client.values import Message, Messages, Tool, ToolCall


def as_messages(given: Messages) -> Sequence[Message]:
    """A text alone is one message of the user."""
    return [{"role": "user", "content": given}] if isinstance(given, str) else given


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
    return ToolCall(
        id=call.get("id") or "", name=said.get("name") or "", arguments=arguments_of(said.get("arguments"))
    )


def arguments_of(given: object) -> Mapping[str, Any]:
    """The arguments of a tool call as an object."""
    if isinstance(given, Mapping):
        return given
    text = given if isinstance(given, str) else ""
    try:
        read = json.loads(text or "{}")
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {"INVALID_JSON": text}


def _openai_call(call: Any) -> dict[str, Any]:
    read = read_call(call)
    arguments = json.dumps(dict(read.arguments), ensure_ascii=False)
    return {"id": read.id, "type": "function", "function": {"name": read.name, "arguments": arguments}}


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
