"""A chat request in OpenAI's shape as one of Anthropic's Messages API. What has no counterpart is refused by name."""

from collections.abc import Mapping
from typing import Any

from providers.anthropic.messages import turns_of
from providers.anthropic.place import ANYWHERE, PLACE
from providers.anthropic.thinking import thinking_of
from providers.openai_compatible.lenient_json import encode_lenient
from providers.port import ProviderCall
from providers.translated.parts import functions_of
from providers.translated.refusal import (
    mapping_at,
    number_at,
    refusal,
    refuse_unread,
    stops_at,
    text_at,
    word_at,
)

NAME = "Anthropic"
READ = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "response_format",
    }
    | {"reasoning_effort", "thinking", "cache_control", "service_tier", "user", "safety_identifier"}
    | {"prompt_cache_key"}  # only tells OpenAI where to look for its cache
)
PLAIN_TIERS = ("auto", "default", "standard", "standard_only")
FUNCTION = frozenset({"name", "description", "parameters", "strict"})
CHOICES = {"auto": "auto", "required": "any", "none": "none"}


def request_of(call: ProviderCall, *, streamed: bool, anywhere: bool = False) -> bytes:
    """The body to send; `anywhere`: it says that the model may be run anywhere. Raises ProviderError, naming the field
    that cannot be translated.
    """
    body = call.body
    refuse_unread(body, READ, NAME)
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or call.output_limit
    system, turns = turns_of(body, call.model)
    sent: dict[str, Any] = {"model": call.model, "max_tokens": limit, "messages": turns}
    if system:
        sent["system"] = system
    if streamed:
        sent["stream"] = True
    sent |= _sampling(body)
    sent |= thinking_of(body, call.model, limit)
    sent |= _tools(body)
    if schema := _schema(body):
        sent["output_config"] = {**sent.get("output_config", {}), "format": schema}
    if body.get("cache_control") is not None:
        sent["cache_control"] = mapping_at(body["cache_control"], "cache_control")
    user = body.get("safety_identifier") or body.get("user")
    if user:
        sent["metadata"] = {"user_id": text_at(user, "user")}
    word_at(body.get("service_tier") or "auto", "service_tier", PLAIN_TIERS)
    sent["service_tier"] = "standard_only"  # `auto` may use what was bought in advance, at its own price
    if anywhere:
        sent[PLACE] = ANYWHERE
    return encode_lenient(sent)


def _sampling(body: Mapping[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for field in ("temperature", "top_p"):
        if body.get(field) is not None:
            sent[field] = number_at(body[field], field, 1)
    if body.get("top_k") is not None:
        sent["top_k"] = body["top_k"]
    if body.get("stop"):
        sent["stop_sequences"] = stops_at(body["stop"])
    return sent


def _tools(body: Mapping[str, Any]) -> dict[str, Any]:
    tools = [_tool(*each) for each in functions_of(body)]
    sent: dict[str, Any] = {"tools": tools} if tools else {}
    choice = _choice(body.get("tool_choice"))
    if body.get("parallel_tool_calls") is False and tools:
        choice = choice or {"type": "auto"}
        if choice["type"] != "none":
            choice["disable_parallel_tool_use"] = True
    return {**sent, "tool_choice": choice} if choice else sent


def _tool(path: str, function: Mapping[str, Any], tool: Mapping[str, Any]) -> dict[str, Any]:
    for field, value in function.items():
        if field not in FUNCTION and value is not None:
            raise refusal(f"{path}.{field}", "is not known in functions")
    schema = mapping_at(
        function.get("parameters") or {"type": "object", "properties": {}}, f"{path}.parameters"
    )
    sent = {
        "name": text_at(function.get("name"), f"{path}.name"),
        "input_schema": schema if "type" in schema else {"type": "object", **schema},
    }
    for field in ("description", "strict"):
        if function.get(field):
            sent[field] = function[field]
    if tool.get("cache_control") is not None:
        sent["cache_control"] = mapping_at(tool["cache_control"], "tools.cache_control")
    return sent


def _choice(given: object) -> dict[str, Any]:
    if given is None:
        return {}
    if isinstance(given, str) and given in CHOICES:
        return {"type": CHOICES[given]}
    choice = mapping_at(given, "tool_choice")
    if choice.get("type") != "function":
        raise refusal("tool_choice", "can only be auto, required, none or a function for this vendor")
    function = mapping_at(choice.get("function"), "tool_choice.function")
    return {"type": "tool", "name": text_at(function.get("name"), "tool_choice.function.name")}


def _schema(body: Mapping[str, Any]) -> dict[str, Any] | None:
    given = body.get("response_format")
    if given is None or given == {"type": "text"}:
        return None
    form = mapping_at(given, "response_format")
    if form.get("type") != "json_schema":
        raise refusal("response_format", "can only be `text` or `json_schema` for this vendor")
    inner = mapping_at(form.get("json_schema"), "response_format.json_schema")
    schema = mapping_at(inner.get("schema"), "response_format.json_schema.schema")
    return {"type": "json_schema", "schema": schema}
