"""The tools of a Responses request as functions of a chat completion.

A custom tool takes free text. Few vendors have such tools, so it becomes a function with the text as its one argument,
and a call of it becomes a call with a text again.
"""

from collections.abc import Mapping
from typing import Any

from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient
from providers.responses.fields import is_false, refuse_others, refuse_unless
from providers.responses.namespaces import offered, opened_tools
from providers.translated.refusal import list_at, mapping_at, refusal, text_at, word_at

INPUT = "input"
"""The one argument of a function that stands for a custom tool."""
CHOICES = ("auto", "none", "required")
NOT_HERE = {
    "allowed_callers": lambda value: value == ["direct"],
    "async": is_false,
    "defer_loading": is_false,
}
HELD = frozenset({"type", "name", "description", *NOT_HERE})
FUNCTION = HELD | {"parameters", "strict", "output_schema"}
CUSTOM = HELD | {"format"}
TOOL_TYPES = ("function", "custom")


def tools_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields `tools`, `tool_choice` and `parallel_tool_calls`. Raises ProviderError."""
    given = offered(body)
    if body.get("tool_choice") in (None, "auto"):
        given = [(path, each) for path, each in given if not _is_offered_always(each)]
    tools = [_tool(each, path) for path, each in opened_tools(given)]
    choice, tools = _choice(body.get("tool_choice"), tools)
    if not tools:
        return {}  # chat completions refuse the others without tools
    sent: dict[str, Any] = {"tools": tools}
    if choice is not None:
        sent["tool_choice"] = choice
    if body.get("parallel_tool_calls") is False:
        sent["parallel_tool_calls"] = False
    return sent


def custom_tools(asked: Mapping[str, Any]) -> frozenset[str]:
    """The names of those tools of a request that take free text."""
    return frozenset(
        str(tool.get("name")) for _, tool in opened_tools(offered(asked)) if tool.get("type") == "custom"
    )


def arguments_of(text: str) -> str:
    """The arguments with which a function is called that stands for a custom tool."""
    return encode_lenient({INPUT: text}).decode()


def input_of(arguments: str) -> str:
    """The text that a custom tool is called with; what no vendor should have sent stays as it is."""
    try:
        text = decode_object(arguments.encode("utf-8", "surrogatepass")).get(INPUT)
    except NotJson:
        text = None
    return text if isinstance(text, str) else arguments


def _is_offered_always(tool: object) -> bool:
    """Whether it is the web search that Codex offers with every request, to vendors too that have none."""
    return isinstance(tool, Mapping) and tool.get("type") == "web_search" and "external_web_access" in tool


def _tool(tool: Mapping[str, Any], path: str) -> dict[str, Any]:
    kind = text_at(tool.get("type"), f"{path}.type")
    if kind not in TOOL_TYPES:
        raise refusal(
            f"{path}.type",
            f"is `{kind[:32]}`, a tool that its vendor runs or defines: at this vendor tools can only be of the type "
            "function or custom",
        )
    refuse_unless(tool, path, NOT_HERE, "cannot be used at this vendor")
    function: dict[str, Any] = {"name": text_at(tool.get("name"), f"{path}.name")}
    if kind == "custom":
        refuse_others(tool, path, CUSTOM)
        return {"type": "function", "function": function | _free_text(tool, path)}
    refuse_others(tool, path, FUNCTION)
    for name in ("description", "parameters", "strict"):
        if tool.get(name) is not None:
            function[name] = tool[name]
    return {"type": "function", "function": function}


def _free_text(tool: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The description and parameters of a function that stands for a custom tool."""
    described = tool.get("description")
    words = [text_at(described, f"{path}.description")] if described else []
    form = mapping_at(tool.get("format") or {"type": "text"}, f"{path}.format")
    if word_at(form.get("type"), f"{path}.format.type", ("text", "grammar")) == "grammar":
        syntax = text_at(form.get("syntax"), f"{path}.format.syntax")
        grammar = text_at(form.get("definition"), f"{path}.format.definition")
        words.append(f"`{INPUT}` has to follow this grammar ({syntax}):\n{grammar}")
    sent: dict[str, Any] = {"description": "\n\n".join(words)} if words else {}
    sent["parameters"] = {
        "type": "object",
        "properties": {INPUT: {"type": "string", "description": "What the tool is given, as plain text."}},
        "required": [INPUT],
        "additionalProperties": False,
    }
    return sent


def _choice(given: object, tools: list[dict[str, Any]]) -> tuple[object, list[dict[str, Any]]]:
    """The choice, and the tools among which there is one."""
    if given is None or isinstance(given, str):
        return None if given is None else word_at(given, "tool_choice", CHOICES), tools
    choice = mapping_at(given, "tool_choice")
    kind = choice.get("type")
    if kind in TOOL_TYPES:
        name = text_at(choice.get("name"), "tool_choice.name")
        return {"type": "function", "function": {"name": name}}, tools
    if kind != "allowed_tools":
        raise refusal("tool_choice.type", "can only be function, custom or allowed_tools at this vendor")
    allowed = {
        text_at(
            mapping_at(each, f"tool_choice.tools[{place}]").get("name"), f"tool_choice.tools[{place}].name"
        )
        for place, each in enumerate(list_at(choice.get("tools"), "tool_choice.tools"))
    }
    mode = word_at(choice.get("mode"), "tool_choice.mode", ("auto", "required"))
    return mode, [tool for tool in tools if tool["function"]["name"] in allowed]
