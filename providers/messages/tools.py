"""The offered tools, and how the model is to choose among them."""

from collections.abc import Mapping
from typing import Any

from providers.translated.refusal import list_at, mapping_at, refusal, text_at

CHOICES = {"auto": "auto", "any": "required", "none": "none"}
HINTS = frozenset({"eager_input_streaming", "cache_control"})
"""Fields that change nothing of what a model says."""
PLAIN: dict[str, object] = {"allowed_callers": ["direct"], "defer_loading": False, "input_examples": []}
"""Field → its value where it says nothing."""
READ = frozenset({"type", "name", "description", "input_schema", "strict"})


def tools_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields `tools`, `tool_choice` and `parallel_tool_calls`. Raises ProviderError."""
    given = body.get("tools")
    tools = [
        _tool(each, f"tools[{place}]") for place, each in enumerate(list_at(given, "tools") if given else ())
    ]
    chat: dict[str, Any] = {"tools": tools} if tools else {}
    if body.get("tool_choice") is None:
        return chat
    choice = mapping_at(body["tool_choice"], "tool_choice")
    if not tools:
        if choice.get("type") in ("auto", "none"):
            return {}  # without tools there is nothing to choose
        raise refusal("tool_choice", "needs `tools`")
    chat["tool_choice"] = _choice(choice)
    if choice.get("disable_parallel_tool_use"):
        chat["parallel_tool_calls"] = False
    return chat


def _tool(given: object, path: str) -> dict[str, Any]:
    tool = mapping_at(given, path)
    kind = tool.get("type")
    if kind not in (None, "custom"):
        raise refusal(f"{path}.type", f"can only be `custom` for this vendor, which has no `{kind}`"[:200])
    for field, value in tool.items():
        if value is None or field in READ or field in HINTS or (field in PLAIN and value == PLAIN[field]):
            continue
        raise refusal(f"{path}.{field}", "cannot be translated for this vendor")
    function = {
        "name": text_at(tool.get("name"), f"{path}.name"),
        "parameters": _parameters(mapping_at(tool.get("input_schema"), f"{path}.input_schema")),
    }
    for field in ("description", "strict"):
        if tool.get(field):
            function[field] = tool[field]
    chat: dict[str, Any] = {"type": "function", "function": function}
    if tool.get("cache_control") is not None:
        chat["cache_control"] = tool["cache_control"]
    return chat


def _parameters(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema, with `properties`, which mean nothing where they are empty: OpenAI refuses a function without."""
    return schema if "properties" in schema else {**schema, "properties": {}}


def _choice(choice: Mapping[str, Any]) -> object:
    kind = choice.get("type")
    if kind == "tool":
        return {"type": "function", "function": {"name": text_at(choice.get("name"), "tool_choice.name")}}
    if not isinstance(kind, str) or kind not in CHOICES:
        raise refusal("tool_choice.type", f"has to be {', '.join(CHOICES)} or tool")
    return CHOICES[kind]
