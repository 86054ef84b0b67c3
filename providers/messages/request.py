"""A request of the Messages protocol as a chat completion. What has no counterpart is refused by the field's name."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from providers.messages.effort import effort_of
from providers.messages.strict_schema import can_be_strict
from providers.messages.tools import tools_of
from providers.messages.turns import chat_messages
from providers.translated.refusal import list_at, mapping_at, refusal, text_at, word_at

READ = frozenset(
    {"model", "messages", "system", "max_tokens", "stream", "tools", "tool_choice", "thinking"}
    | {"output_config", "output_format", "stop_sequences", "metadata", "cache_control"}
    | {"service_tier", "context_management"}
)
AS_IT_IS = ("model", "max_tokens", "temperature", "top_p", "top_k", "cache_control")
PLAIN: dict[str, Callable[[Any], bool]] = {
    "mcp_servers": lambda value: value == [],
    "fallbacks": lambda value: value == [],
    "speed": lambda value: value == "standard",
    "inference_geo": lambda value: value == "global",
    "diagnostics": lambda value: True,  # only asks why the vendor's cache was missed
}
"""Field → whether its value is what a vendor does without it. None and absent always are."""
TIERS = ("auto", "standard_only")
"""The gateway asks every vendor for its plain tier."""
SAVES_ONLY = ("clear_tool_uses_20250919", "clear_thinking_20251015")
"""Edits of the context that take out what is old, to save input: without them a model reads more."""
LONGEST_USER = 64
"""Characters of `user` that every vendor takes."""


def chat_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """The same request as a chat completion. Raises ProviderError, naming the field that cannot be translated."""
    _refuse_unread(body)
    chat: dict[str, Any] = {name: body[name] for name in AS_IT_IS if body.get(name) is not None}
    chat["messages"] = chat_messages(body)
    if body.get("stream"):
        chat |= {"stream": True, "stream_options": {"include_usage": True}}
    if body.get("stop_sequences") is not None:
        stops = list_at(body["stop_sequences"], "stop_sequences")
        chat["stop"] = [text_at(stop, f"stop_sequences[{place}]") for place, stop in enumerate(stops)]
        if not stops:
            del chat["stop"]
    chat |= tools_of(body)
    if (effort := effort_of(body)) is not None:
        chat["reasoning_effort"] = effort
    if (form := _response_format(body)) is not None:
        chat["response_format"] = form
    if (user := _user(body)) is not None:
        chat["user"] = user
    return chat


def _refuse_unread(body: Mapping[str, Any]) -> None:
    for field, value in body.items():
        if value is None or field in READ or field in AS_IT_IS:
            continue
        if field not in PLAIN:
            raise refusal(
                field, "cannot be translated for this vendor, which does not speak Anthropic's protocol"
            )
        if not PLAIN[field](value):
            raise refusal(field, "has no counterpart at this vendor")
    if body.get("service_tier") is not None:
        word_at(body["service_tier"], "service_tier", TIERS)
    if body.get("context_management") is not None:
        management = mapping_at(body["context_management"], "context_management")
        for place, edit in enumerate(list_at(management.get("edits") or [], "context_management.edits")):
            path = f"context_management.edits[{place}]"
            word_at(mapping_at(edit, path).get("type"), f"{path}.type", SAVES_ONLY)


def _response_format(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """`output_config.format`, or `output_format`, as it was called at first."""
    config = mapping_at(body.get("output_config") or {}, "output_config")
    for field in config:
        if field not in ("effort", "format") and config[field] is not None:
            raise refusal(f"output_config.{field}", "cannot be translated for this vendor")
    path, given = "output_config.format", config.get("format")
    if given is None:
        path, given = "output_format", body.get("output_format")
    if given is None:
        return None
    form = mapping_at(given, path)
    word_at(form.get("type"), f"{path}.type", ("json_schema",))
    schema = mapping_at(form.get("schema"), f"{path}.schema")
    named = {"name": "answer", "schema": schema, "strict": can_be_strict(schema)}
    return {"type": "json_schema", "json_schema": named}


def _user(body: Mapping[str, Any]) -> str | None:
    """Who asks, as the caller names them; a long name becomes its digest, which is as good for telling users apart."""
    metadata = mapping_at(body.get("metadata") or {}, "metadata")
    for field in metadata:
        if field != "user_id" and metadata[field] is not None:
            raise refusal(f"metadata.{field}", "is not known in metadata")
    if not metadata.get("user_id"):
        return None
    user = text_at(metadata["user_id"], "metadata.user_id")
    if len(user) <= LONGEST_USER:
        return user
    return hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
