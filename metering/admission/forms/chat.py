"""A chat completion's request: which fields bear cost, what in it is no text, and how it is sent to a model.

The other protocols' forms say only where they differ.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from metering.admission.text_tokens import TextCeiling, spared_by_counting
from metering.catalog.served import ServedModel
from metering.ports import Body
from metering.price import PLAIN, Asked, Price
from metering.tags import read_tags

CHEAPER_TIERS = ("flex",)
"""These cost less than the list says, so they are bounded, but not priced."""
TEXT_PARTS = frozenset({"text", "refusal", "input_text", "output_text"})
"""Content parts whose tokens are bounded by their bytes."""
PICTURE_PARTS = frozenset({"image_url", "input_image"})
DEAR_PARTS = frozenset({"input_audio", "audio"})
"""Content parts whose tokens have prices of their own."""
PLAIN_TOOLS = frozenset({"function", "custom"})
"""Tools that the caller runs. Those that the vendor runs have fees."""
CACHE_HOURS = {None: 0, "5m": 0, "30m": 0, "1h": 1, "12h": 12}
"""The lives of written cache entries that have prices."""
UNKNOWN_LIFE = 24
"""Hours; of a life that is not among them."""
TOOL_NAMES = {
    "web_search": "web_search",
    "web_fetch": "web_fetch",
    "file_search": "file_search",
    "code_execution": "code_execution",
    "code_interpreter": "code_execution",
}
"""How the types of tools that vendors run begin, some with a date behind it → their names in prices."""
CALL_OVERHEAD_TOKENS = 64
"""A template's preamble and the opening of the answer."""
MESSAGE_OVERHEAD_TOKENS = 8
"""Role markers, beyond the JSON around each message, which the bytes count already."""
TOOLS_OVERHEAD_TOKENS = 1_024
"""The instructions that vendors put before tools: Anthropic's are 290 to 804 tokens, by model and choice."""
SCHEMA_FIELDS = ("tools", "functions", "response_format")
OUTPUT_FIELDS = ("max_completion_tokens", "max_tokens")

_NAMES = """
    messages model stream stream_options n max_tokens max_completion_tokens metadata
    temperature top_p top_k top_a min_p typical_p seed random_seed stop stop_token_ids
    presence_penalty frequency_penalty repetition_penalty length_penalty logit_bias logprobs top_logprobs
    min_tokens ignore_eos skip_special_tokens include_stop_str_in_output add_special_tokens
    tools tool_choice parallel_tool_calls functions function_call response_format verbosity tool_stream
    guided_json guided_regex guided_choice guided_grammar guided_decoding_backend structured_outputs grammar format
    reasoning_effort reasoning reasoning_format include_reasoning reasoning_split thinking enable_thinking
    thinking_budget think chat_template_kwargs add_generation_prompt continue_final_message prompt_mode
    user user_id safety_identifier safe_prompt prompt_cache_key prompt_cache_retention usage request_id do_sample
    cache_control prompt_cache_options service_tier modalities store
    keep_alive truncate mirostat mirostat_eta mirostat_tau cache_prompt return_progress
"""
ALLOWED = frozenset(_NAMES.split())
"""Fields that cost nothing beyond the tokens that are counted, except for the values that `UNPRICED` names."""

Unpriced = Mapping[str, Callable[[Any, Price], bool]]
"""Allowed field → whether its value costs what the model's price does not know. None and absent never do."""
UNPRICED: Unpriced = {
    "modalities": lambda value, price: value != ["text"],
    "service_tier": lambda value, price: not knows_tier(value, price),
    "tools": lambda tools, price: not all(is_known_tool(tool, price, PLAIN_TOOLS) for tool in items(tools)),
    "tool_choice": lambda choice, price: (
        isinstance(choice, Mapping) and choice.get("type") not in ("function", "custom", "allowed_tools")
    ),
    "messages": lambda messages, price: any(map(_has_sound, items(messages))),
}

Caches = list[tuple[str, int]]
"""Fields that ask for entries of the vendor's cache, and the hours that these live."""
Parts = list[Mapping[str, Any]]
"""Content parts in the shape of chat completions."""
_encode = msgspec.json.Encoder().encode


class RequestForm:
    """The request form of chat completions; the other protocols change what is different with them."""

    allowed: ClassVar[frozenset[str]] = ALLOWED
    unpriced_values: ClassVar[Unpriced] = UNPRICED
    output_fields: ClassVar[tuple[str, ...]] = OUTPUT_FIELDS
    """The names of the output limit."""
    schema_fields: ClassVar[tuple[str, ...]] = SCHEMA_FIELDS
    """What a vendor may lay out more widely than it was sent: it counts twice."""
    tools_overhead: ClassVar[int] = TOOLS_OVERHEAD_TOKENS
    messages_field: ClassVar[str] = "messages"
    makes_text: ClassVar[bool] = True
    """Whether there is any output."""

    def unpriced_fields(self, body: Body, price: Price, caches: Caches) -> list[str]:
        """The fields of a request whose cost is not known here."""
        allowed, unpriced = self.allowed, self.unpriced_values
        found = [
            field
            for field, value in body.items()
            if value is not None
            and (field not in allowed or (field in unpriced and unpriced[field](value, price)))
        ]
        return found + [field for field, hours in caches if not price.knows_cache(hours)] if caches else found

    def caches_of(self, body: Body) -> Caches:
        """What a request says of the entries of the cache that it may write."""
        found: Caches = []
        for field in ("cache_control", "prompt_cache_options"):
            note_cache(found, field, body.get(field))
        for field in ("tools", "messages"):
            for item in items(body.get(field)):
                if isinstance(item, Mapping):
                    note_cache(found, field, item.get("cache_control"))
                    for part in items(item.get("content")):
                        if isinstance(part, Mapping):
                            note_cache(found, field, part.get("cache_control"))
                            note_cache(found, field, part.get("prompt_cache_breakpoint"))
        return found

    def asked_of(self, body: Body, caches: Caches, parts: Parts) -> Asked:
        """What a request asks for that moves its price; `parts` are those that are no text."""
        tier = body.get("service_tier")
        if not (caches or parts or tier):
            return PLAIN
        return Asked(
            service_tier=tier if isinstance(tier, str) else "",
            cache_hours=max([hours for _, hours in caches], default=0),
            images=sum(part.get("type") in PICTURE_PARTS for part in parts),
        )

    def parts_beyond_text(self, body: Body) -> Parts:
        """The pictures, audio and files, whose tokens their bytes do not bound."""
        return [
            part
            for message in body["messages"]
            if isinstance(content := message.get("content"), list)
            for part in content
            if part.get("type") not in TEXT_PARTS
        ]

    def text_alone(self, body: Body) -> Body:
        """The request without the parts that are no text."""
        messages = [
            {**message, "content": [part for part in content if part.get("type") in TEXT_PARTS]}
            if isinstance(content := message.get("content"), list)
            else message
            for message in body["messages"]
        ]
        return {**body, "messages": messages}

    def has_vendors_tool(self, body: Body) -> bool:
        """Whether it offers a tool that the vendor runs, even one whose fee is known: what that reads is input too."""
        tools = body.get("tools")
        return bool(tools) and any(map(tool_name, items(tools)))

    def within_hard_budget(self, body: Body) -> Body:
        """The request without what its caller offers to every model and can do without, where the cost of that cannot
        be bounded.
        """
        return body

    def choices_of(self, body: Body) -> int:
        """How many answers are asked for at once."""
        return body.get("n") or 1

    def inputs_of(self, body: Body) -> int:
        """How many inputs it holds, each of which has the whole context."""
        return 1

    def overhead_of(self, body: Body) -> int:
        """Tokens that the bytes of a request do not count."""
        overhead = CALL_OVERHEAD_TOKENS + MESSAGE_OVERHEAD_TOKENS * len(body[self.messages_field])
        if body.get("tools") or body.get("functions"):
            overhead += self.tools_overhead
        for field in self.schema_fields:
            if body.get(field):
                overhead += len(_encode(body[field]))
        return overhead

    def spared_by_counting(self, body: Body, tokenizer: str, text_ceiling: TextCeiling) -> int:
        """How many fewer tokens than bytes its texts are, at least."""
        return spared_by_counting(body, tokenizer, text_ceiling)

    def edited(self, body: Body, model: ServedModel, output_tokens: int) -> Body:
        """The vendor's request: the caller's with only these keys changed. The limit stands in it once; the provider
        gives it the name that the vendor obeys.
        """
        edited = {**body, "model": model.physical_name}
        named = [field for field in OUTPUT_FIELDS if body.get(field) is not None]
        for field in OUTPUT_FIELDS:
            edited.pop(field, None)
        edited[named[0] if named else "max_tokens"] = output_tokens
        if not body.get("store"):
            # The gateway's own labels; vendors refuse metadata that they are not asked to store.
            edited.pop("metadata", None)
        else:
            flatten_tags(edited)
        if body.get("stream"):
            edited["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
        return edited


CHAT = RequestForm()


def flatten_tags(edited: Body) -> None:
    """Write the tags in the metadata as a vendor takes them: as one text."""
    metadata = edited.get("metadata")
    if isinstance(metadata, dict) and (tags := metadata.get("tags")):
        edited["metadata"] = {**metadata, "tags": ",".join(read_tags(tags, "metadata.tags"))}


def items(value: object) -> list[Any]:
    """A list's items; none of what is no list."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> Iterator[Mapping[str, Any]]:
    """The items of a list that are objects."""
    return (item for item in items(value) if isinstance(item, Mapping))


def is_cheaper(tier: str, price: Price) -> bool:
    """Whether a tier costs less, by how much nobody knows."""
    return tier in CHEAPER_TIERS and tier not in price.service_tiers


def knows_tier(tier: object, price: Price) -> bool:
    """Whether what a tier costs, at most, is known."""
    return isinstance(tier, str) and (tier in CHEAPER_TIERS or price.knows_tier(tier))


def is_known_tool(tool: object, price: Price, plain: frozenset[str]) -> bool:
    """Whether a tool is one of those that callers run (`plain` are their types), or its fee is known."""
    if not isinstance(tool, Mapping):
        return False
    return str(tool.get("type")) in plain or price.knows_tools([tool_name(tool)])


def tool_name(tool: object) -> str:
    """The name in prices of a tool that the vendor runs; empty: none that is known."""
    kind = str(tool.get("type")) if isinstance(tool, Mapping) else ""
    return next((name for start, name in TOOL_NAMES.items() if kind.startswith(start)), "")


def _has_sound(message: object) -> bool:
    if not isinstance(message, Mapping):
        return False
    if message.get("audio") is not None:
        return True  # of an earlier answer, by its id
    return any(part.get("type") in DEAR_PARTS for part in mappings(message.get("content")))


def note_cache(found: Caches, field: str, cache: object) -> None:
    """Add an entry of the cache that a field asks for."""
    if cache is not None and isinstance(cache, Mapping):
        found.append((field, _hours(cache)))


def _hours(cache: Mapping[str, Any]) -> int:
    life = cache.get("ttl")
    return CACHE_HOURS.get(life, UNKNOWN_LIFE) if life is None or isinstance(life, str) else UNKNOWN_LIFE
