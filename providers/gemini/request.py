"""A chat request in OpenAI's shape as one of the Gemini API. What has no counterpart is refused by name."""

from collections.abc import Mapping
from typing import Any

from providers.gemini.contents import Conversation
from providers.gemini.thinking import thinking_of
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

NAME = "Gemini"
SAMPLING = {"temperature": ("temperature", 2.0), "top_p": ("topP", 1.0)}
"""Field → its name, and the largest value."""
AS_THEY_ARE = {
    "top_k": "topK",
    "seed": "seed",
    "n": "candidateCount",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
NOT_SENT = frozenset({"user", "safety_identifier", "prompt_cache_key", "cache_control"})
"""They say nothing to a model. Gemini has no place for the first two, and keeps its cache by itself."""
READ = (
    frozenset({"stop", "tools", "tool_choice", "parallel_tool_calls", "response_format"})
    | frozenset({"reasoning_effort", "service_tier"})
    | SAMPLING.keys()
    | AS_THEY_ARE.keys()
    | NOT_SENT
)
TIERS = {"flex": "flex", "priority": "priority", "default": None, "standard": None, "auto": None}
"""None: Gemini's own default, which is the plain tier."""
FUNCTION = frozenset({"name", "description", "parameters", "strict"})
MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE"}


def request_of(call: ProviderCall) -> bytes:
    """The body to send. Raises ProviderError, naming the field that cannot be translated."""
    body = call.body
    refuse_unread(body, READ, NAME)
    conversation = Conversation(call.model)
    conversation.read(body)
    sent: dict[str, Any] = {"contents": conversation.contents}
    if conversation.system:
        sent["systemInstruction"] = {"parts": conversation.system}
    sent |= _tools(body)
    sent["generationConfig"] = _config(call)
    tier = word_at(body.get("service_tier") or "auto", "service_tier", TIERS)
    if TIERS[tier]:
        sent["serviceTier"] = TIERS[tier]
    return encode_lenient(sent)


def _config(call: ProviderCall) -> dict[str, Any]:
    body = call.body
    choices = body.get("n") or 1
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or call.output_limit // choices
    config: dict[str, Any] = {"maxOutputTokens": limit}
    for field, (name, most) in SAMPLING.items():
        if body.get(field) is not None:
            config[name] = number_at(body[field], field, most)
    for field, name in AS_THEY_ARE.items():
        if body.get(field) is not None:
            config[name] = body[field]
    if body.get("stop"):
        config["stopSequences"] = stops_at(body["stop"])
    if thinking := thinking_of(body, call.model):
        config["thinkingConfig"] = thinking
    return {**config, **_form(body)}


def _form(body: Mapping[str, Any]) -> dict[str, Any]:
    given = body.get("response_format")
    if given is None or given == {"type": "text"}:
        return {}
    form = mapping_at(given, "response_format")
    sent: dict[str, Any] = {"responseMimeType": "application/json"}
    if form.get("type") == "json_object":
        return sent
    if form.get("type") != "json_schema":
        raise refusal("response_format", "has to be `text`, `json_object` or `json_schema`")
    inner = mapping_at(form.get("json_schema"), "response_format.json_schema")
    schema = mapping_at(inner.get("schema"), "response_format.json_schema.schema")
    return {**sent, "responseJsonSchema": schema}


def _tools(body: Mapping[str, Any]) -> dict[str, Any]:
    tools = list(functions_of(body))
    if not tools:
        return {}
    if body.get("parallel_tool_calls") is False:
        raise refusal("parallel_tool_calls", "cannot be false for this vendor, which knows no such limit")
    declared = [_function(path, function) for path, function, _ in tools]
    config = _choice(body.get("tool_choice"))
    if config.get("mode", "AUTO") == "AUTO" and any(function.get("strict") for _, function, _ in tools):
        config = {"mode": "VALIDATED"}  # the arguments obey their schemas
    sent: dict[str, Any] = {"tools": [{"functionDeclarations": declared}]}
    return {**sent, "toolConfig": {"functionCallingConfig": config}} if config else sent


def _function(path: str, function: Mapping[str, Any]) -> dict[str, Any]:
    for field, value in function.items():
        if field not in FUNCTION and value is not None:
            raise refusal(f"{path}.{field}", "is not known in functions")
    sent = {"name": text_at(function.get("name"), f"{path}.name")}
    if function.get("description"):
        sent["description"] = function["description"]
    parameters = mapping_at(function.get("parameters") or {}, f"{path}.parameters")
    return {**sent, "parametersJsonSchema": parameters} if parameters else sent


def _choice(given: object) -> dict[str, Any]:
    if given is None:
        return {}
    if isinstance(given, str) and given in MODES:
        return {"mode": MODES[given]}
    choice = mapping_at(given, "tool_choice")
    if choice.get("type") != "function":
        raise refusal("tool_choice", "can only be auto, required, none or a function for this vendor")
    function = mapping_at(choice.get("function"), "tool_choice.function")
    return {
        "mode": "ANY",
        "allowedFunctionNames": [text_at(function.get("name"), "tool_choice.function.name")],
    }
