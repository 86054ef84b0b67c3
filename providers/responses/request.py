"""A Responses request as a chat completion, for vendors that know nothing else. What has no counterpart is refused by
name.

Nothing is kept between two requests, so whatever refers to an earlier answer is refused, and `store` changes nothing.
"""

from collections.abc import Mapping
from typing import Any

from providers.responses.fields import is_empty, is_false, never, refuse_others, refuse_unless
from providers.responses.items import messages_of
from providers.responses.tools import tools_of
from providers.translated.refusal import list_at, mapping_at, refusal, text_at, word_at

WHOLE_CONVERSATION = "cannot be used: nothing is stored here, so send the whole conversation in `input`"
REFERS = {"previous_response_id": never, "conversation": never}
LATER = {"background": is_false, "background_options": never}
AT_ONCE = "cannot be used: an answer is given at once here, and is not stored"
OPENAIS_OWN = {
    "prompt": never,
    "context_management": is_empty,
    "moderation": never,
    "access_programs": never,
    "image": lambda value: value in ({"context_compression": "auto"}, {"context_compression": "disabled"}),
}
AS_THEY_ARE = ("temperature", "top_p", "user", "safety_identifier", "service_tier")
HINTS = frozenset(
    {"metadata", "store", "max_tool_calls", "client_metadata"}  # labels, and what there is nothing of here
    | {
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
    }  # tell OpenAI how to keep its cache
)
"""They change nothing in what another vendor answers."""
READ = frozenset(
    {"model", "input", "instructions", "stream", "stream_options", "max_output_tokens", "include"}
    | {"text", "reasoning", "truncation", "top_logprobs", "tools", "tool_choice", "parallel_tool_calls"}
    | REFERS.keys()
    | LATER.keys()
    | OPENAIS_OWN.keys()
    | HINTS
    | set(AS_THEY_ARE)
)
LOGPROBS = "message.output_text.logprobs"
INCLUDED = ("reasoning.encrypted_content", LOGPROBS)
CONTEXTS = ("auto", "current_turn", "all_turns")
"""Of which turns a model reads its own thoughts again: another vendor's has none of them."""
REASONING = frozenset({"effort", "summary", "generate_summary", "context", "mode"})


def chat_request(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request as a chat completion. Raises ProviderError, naming the field that has no counterpart."""
    _refuse(body)
    sent: dict[str, Any] = {"model": body.get("model"), "messages": messages_of(body)}
    if body.get("stream"):
        sent |= {"stream": True, "stream_options": {"include_usage": True}}
    if body.get("max_output_tokens") is not None:
        sent["max_tokens"] = body["max_output_tokens"]
    sent |= {name: body[name] for name in AS_THEY_ARE if body.get(name) is not None}
    return sent | _thinking(body) | _text(body) | _logprobs(body) | tools_of(body)


def _refuse(body: Mapping[str, Any]) -> None:
    for field, value in body.items():
        if field not in READ and value is not None:
            raise refusal(field, "is not known in Responses requests")
    refuse_unless(body, "", REFERS, WHOLE_CONVERSATION)
    refuse_unless(body, "", LATER, AT_ONCE)
    refuse_unless(body, "", OPENAIS_OWN, "has no counterpart at this vendor")
    if body.get("truncation") is not None:
        # With `auto` a vendor may leave out what does not fit; without, it says that it does not fit.
        word_at(body["truncation"], "truncation", ("auto", "disabled"))
    if body.get("stream_options") is not None:
        options = mapping_at(body["stream_options"], "stream_options")
        refuse_others(options, "stream_options", ("include_obfuscation",))
    if body.get("prompt_cache_options") is not None:
        options = mapping_at(body["prompt_cache_options"], "prompt_cache_options")
        refuse_unless(options, "prompt_cache_options", {"prewarm": is_false}, "cannot be used at this vendor")


def _thinking(body: Mapping[str, Any]) -> dict[str, Any]:
    """How hard to think. A summary is shown wherever the vendor shows its thoughts, asked for or not."""
    if body.get("reasoning") is None:
        return {}
    reasoning = mapping_at(body["reasoning"], "reasoning")
    refuse_others(reasoning, "reasoning", REASONING)
    plain = {"context": lambda value: value in CONTEXTS, "mode": lambda value: value == "standard"}
    refuse_unless(reasoning, "reasoning", plain, "has no counterpart at this vendor")
    effort = reasoning.get("effort")
    return {} if effort is None else {"reasoning_effort": text_at(effort, "reasoning.effort")}


def _text(body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("text") is None:
        return {}
    text = mapping_at(body["text"], "text")
    refuse_others(text, "text", ("format", "verbosity"))
    sent: dict[str, Any] = {}
    if text.get("verbosity") not in (None, "medium"):
        sent["verbosity"] = text_at(text["verbosity"], "text.verbosity")
    if text.get("format") is not None:
        sent |= _format(mapping_at(text["format"], "text.format"))
    return sent


def _format(form: Mapping[str, Any]) -> dict[str, Any]:
    kind = word_at(form.get("type"), "text.format.type", ("text", "json_object", "json_schema"))
    if kind == "text":
        return {}
    if kind == "json_object":
        return {"response_format": {"type": kind}}
    refuse_others(form, "text.format", ("type", "name", "schema", "strict", "description"))
    inner: dict[str, Any] = {
        "name": text_at(form.get("name"), "text.format.name"),
        "schema": mapping_at(form.get("schema"), "text.format.schema"),
    }
    inner |= {name: form[name] for name in ("strict", "description") if form.get(name) is not None}
    return {"response_format": {"type": kind, "json_schema": inner}}


def _logprobs(body: Mapping[str, Any]) -> dict[str, Any]:
    included = list_at(body["include"], "include") if body.get("include") is not None else []
    for place, each in enumerate(included):
        word_at(each, f"include[{place}]", INCLUDED)
    most = body.get("top_logprobs")
    if LOGPROBS not in included and not most:
        return {}
    return {**({"top_logprobs": most} if most else {}), "logprobs": True}  # a refusal names the first of them
