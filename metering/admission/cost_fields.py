"""The registry of request fields and what they cost.

A chat completion's fields form an allow list: those of which it is known that they cost nothing beyond the tokens that
the bound counts. Any other field may cost what nobody can know here (a search fee, another model, a dearer tier), and
so may some values of allowed ones. Under a hard budget such a request is refused; else its row is marked
`partly_priced`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from metering.errors import UnpriceableRequest
from metering.ports import Body

PLAIN_TIERS = (None, "auto", "default", "standard", "standard_only", "on_demand")
"""Service tiers that cost the listed price. `auto` is never sent: the provider names the plain tier."""
CHEAPER_TIERS = ("flex",)
"""These cost less than the list says, so they are bounded, but not priced."""
TEXT_PARTS = frozenset({"text", "refusal", "input_text", "output_text"})
"""Content parts whose tokens are bounded by their bytes."""
DEAR_PARTS = frozenset({"input_audio", "audio"})
"""Content parts whose tokens have prices of their own."""
PLAIN_TOOLS = frozenset({"function", "custom"})
"""Tools that the caller runs. Those that the vendor runs have fees."""
SHORT_CACHE = (None, "5m", "30m")
"""Lives of written cache entries that cost `cache_write`. Longer ones cost more."""

_NAMES = """
    messages model stream stream_options n max_tokens max_completion_tokens metadata
    temperature top_p top_k top_a min_p typical_p seed random_seed stop stop_token_ids
    presence_penalty frequency_penalty repetition_penalty length_penalty logit_bias logprobs top_logprobs
    min_tokens ignore_eos skip_special_tokens include_stop_str_in_output add_special_tokens
    tools tool_choice parallel_tool_calls functions function_call response_format verbosity tool_stream
    guided_json guided_regex guided_choice guided_grammar guided_decoding_backend structured_outputs grammar format
    reasoning_effort reasoning reasoning_format include_reasoning reasoning_split thinking enable_thinking
    thinking_budget think chat_template chat_template_kwargs add_generation_prompt continue_final_message prompt_mode
    user user_id safety_identifier safe_prompt prompt_cache_key prompt_cache_retention usage request_id do_sample
    cache_control prompt_cache_options service_tier modalities store
    keep_alive truncate mirostat mirostat_eta mirostat_tau cache_prompt return_progress
"""
ALLOWED = frozenset(_NAMES.split())
"""Fields that cost nothing beyond the tokens that are counted, except for the values that `UNPRICED` names."""

UNPRICED: dict[str, Callable[[Any], bool]] = {
    "modalities": lambda value: value != ["text"],
    "service_tier": lambda value: value not in PLAIN_TIERS + CHEAPER_TIERS,
    "tools": lambda tools: not all(_is_plain_tool(tool) for tool in _items(tools)),
    "tool_choice": lambda choice: (
        isinstance(choice, Mapping) and choice.get("type") not in ("function", "custom", "allowed_tools")
    ),
    "cache_control": lambda value: _lives_long(value),
    "prompt_cache_options": lambda value: _lives_long(value),
    "messages": lambda messages: any(map(_is_dear_message, _items(messages))),
}
"""Allowed field → whether its value costs what nobody can bound beforehand. None and absent never do."""


def unpriced_fields(body: Body) -> Iterator[str]:
    """The fields of a request whose cost is not known here."""
    for field, value in body.items():
        if value is not None and (field not in ALLOWED or (field in UNPRICED and UNPRICED[field](value))):
            yield field


def refuse_unpriced(body: Body) -> None:
    """Raise UnpriceableRequest for a field whose cost cannot be bounded."""
    field = next(unpriced_fields(body), None)
    if field is None:
        return
    known = field.lower()
    if field not in ALLOWED and known in ALLOWED:
        hint = f"Write `{known}` in lower case: servers differ in whether they read `{field}`."
    elif field in ALLOWED:
        hint = "Leave this value out, or ask for a plan without a hard budget."
    else:
        hint = "Leave it out, or ask for a plan without a hard budget."
    raise UnpriceableRequest(
        f"The cost of this `{field[:64]}` cannot be known before the call, and a hard budget applies. {hint}",
        param=field[:64],
    )


def is_partly_priced(body: Body) -> bool:
    """Whether the request may cost more, or less, than its tokens at the listed price."""
    return body.get("service_tier") in CHEAPER_TIERS or next(unpriced_fields(body), None) is not None


def parts_beyond_text(body: Body) -> list[Mapping[str, Any]]:
    """The messages' pictures, audio and files, whose tokens their bytes do not bound."""
    return [
        part
        for message in body["messages"]
        if isinstance(content := message.get("content"), list)
        for part in content
        if part.get("type") not in TEXT_PARTS
    ]


def text_alone(body: Body) -> Body:
    """The request without the parts that are no text."""
    messages = [
        {**message, "content": [part for part in content if part.get("type") in TEXT_PARTS]}
        if isinstance(content := message.get("content"), list)
        else message
        for message in body["messages"]
    ]
    return {**body, "messages": messages}


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_plain_tool(tool: object) -> bool:
    return (
        isinstance(tool, Mapping)
        and tool.get("type") in PLAIN_TOOLS
        and not _lives_long(tool.get("cache_control"))
    )


def _is_dear_message(message: object) -> bool:
    if not isinstance(message, Mapping):
        return False
    if message.get("audio") is not None or _lives_long(message.get("cache_control")):
        return True  # the sound is of an earlier answer, by its id
    return any(
        isinstance(part, Mapping)
        and (part.get("type") in DEAR_PARTS or _lives_long(part.get("cache_control")))
        for part in _items(message.get("content"))
    )


def _lives_long(cache: object) -> bool:
    return isinstance(cache, Mapping) and cache.get("ttl") not in SHORT_CACHE
