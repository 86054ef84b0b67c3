"""The most that an LLM call can cost, and the request that keeps to it. What is held is what is sent.

Input: a byte-level BPE token is at least one byte of UTF-8, so the bytes of the serialised request, which
contains every message and tool, are a ceiling. Where there is no room for that, and the model's tokenizer is known
exactly, the tokens of its texts take the place of their bytes (text_tokens.py). Chat templates add a few tokens of
their own, and schemas may be laid out more widely than they were sent, so they count twice. A picture counts as its
family's formula says (docs/pictures.md); of an unknown family it counts as the model's whole context, and so does all
else that is not text.
Output: the limit that is sent, times `n`; with the input it fits into the context.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import structs

from metering.admission.denial import input_error
from metering.admission.text_tokens import TextCeiling, no_text, spared_by_counting
from metering.amounts import Amounts
from metering.catalog.served import ServedModel
from metering.errors import InputTooLarge, MeteringError, ModelNotFound, UnpriceableRequest
from metering.policy.values import EffectivePolicy
from metering.ports import Body
from metering.price import PLAIN, Asked, Price, marked_up
from metering.reservation.bounded_call import BoundedCall, BoundedRequest, most_of
from metering.tags import read_tags

CHEAPER_TIERS = ("flex",)
"""These cost less than the list says, so they are bounded, but not priced."""
TEXT_PARTS = frozenset({"text", "refusal", "input_text", "output_text"})
"""Content parts whose tokens are bounded by their bytes."""
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

UNPRICED: dict[str, Callable[[Any, Price], bool]] = {
    "modalities": lambda value, price: value != ["text"],
    "service_tier": lambda value, price: not _knows_tier(value, price),
    "tools": lambda tools, price: not all(_is_known_tool(tool, price) for tool in _items(tools)),
    "tool_choice": lambda choice, price: (
        isinstance(choice, Mapping) and choice.get("type") not in ("function", "custom", "allowed_tools")
    ),
    "messages": lambda messages, price: any(map(_has_sound, _items(messages))),
}
"""Allowed field → whether its value costs what the model's price does not know. None and absent never do."""


Caches = list[tuple[str, int]]
"""Fields that ask for entries of the vendor's cache, and the hours that these live."""


def unpriced_fields(body: Body, price: Price, caches: Caches) -> list[str]:
    """The fields of a request whose cost is not known here."""
    found = [
        field
        for field, value in body.items()
        if value is not None
        and (field not in ALLOWED or (field in UNPRICED and UNPRICED[field](value, price)))
    ]
    return found + [field for field, hours in caches if not price.knows_cache(hours)] if caches else found


def refuse_unknown_price(model: ServedModel) -> None:
    """Raise UnpriceableRequest for a model whose price nobody knows."""
    if not model.price.is_known:
        raise UnpriceableRequest(
            f"The model {model.name!r} has no price, and a hard budget applies. Ask the platform's admin to "
            "enter its price, or call a model that has one.",
            param="model",
        )


def refuse_unbounded(body: Body, unpriced: list[str]) -> None:
    """Raise UnpriceableRequest for a field whose cost cannot be bounded: one without a price, or a vendor's own tool,
    even where that has a price, as what it reads is input too.
    """
    tools = body.get("tools")
    if not unpriced and not (tools and any(map(_tool_name, _items(tools)))):
        return
    field = unpriced[0] if unpriced else "tools"
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


def asked_of(body: Body, caches: Caches, parts: list[Mapping[str, Any]]) -> Asked:
    """What a request asks for that moves its price; `parts` are those that are no text."""
    tier = body.get("service_tier")
    if not (caches or parts or tier):
        return PLAIN
    return Asked(
        service_tier=tier if isinstance(tier, str) else "",
        cache_hours=max([hours for _, hours in caches], default=0),
        images=sum(part.get("type") == "image_url" for part in parts),
    )


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


def _is_cheaper(tier: str, price: Price) -> bool:
    """Whether a tier costs less, by how much nobody knows."""
    return tier in CHEAPER_TIERS and tier not in price.service_tiers


def _knows_tier(tier: object, price: Price) -> bool:
    return isinstance(tier, str) and (tier in CHEAPER_TIERS or price.knows_tier(tier))


def _is_known_tool(tool: object, price: Price) -> bool:
    if not isinstance(tool, Mapping):
        return False
    return str(tool.get("type")) in PLAIN_TOOLS or price.knows_tools([_tool_name(tool)])


def _tool_name(tool: object) -> str:
    """The name in prices of a tool that the vendor runs; empty: none that is known."""
    kind = str(tool.get("type")) if isinstance(tool, Mapping) else ""
    return next((name for start, name in TOOL_NAMES.items() if kind.startswith(start)), "")


def _has_sound(message: object) -> bool:
    if not isinstance(message, Mapping):
        return False
    if message.get("audio") is not None:
        return True  # of an earlier answer, by its id
    parts = _items(message.get("content"))
    return any(isinstance(part, Mapping) and part.get("type") in DEAR_PARTS for part in parts)


def caches_of(body: Body) -> Caches:
    """What a request says of the entries of the cache that it may write."""
    found: Caches = []
    for field in ("cache_control", "prompt_cache_options"):
        _note_cache(found, field, body.get(field))
    for field in ("tools", "messages"):
        for item in _items(body.get(field)):
            if isinstance(item, Mapping):
                _note_cache(found, field, item.get("cache_control"))
                for part in _items(item.get("content")):
                    if isinstance(part, Mapping):
                        _note_cache(found, field, part.get("cache_control"))
                        _note_cache(found, field, part.get("prompt_cache_breakpoint"))
    return found


def _note_cache(found: Caches, field: str, cache: object) -> None:
    if cache is not None and isinstance(cache, Mapping):
        found.append((field, _hours(cache)))


def _hours(cache: Mapping[str, Any]) -> int:
    life = cache.get("ttl")
    return CACHE_HOURS.get(life, UNKNOWN_LIFE) if life is None or isinstance(life, str) else UNKNOWN_LIFE


CALL_OVERHEAD_TOKENS = 64
"""A template's preamble and the opening of the answer."""
MESSAGE_OVERHEAD_TOKENS = 8
"""Role markers, beyond the JSON around each message, which the bytes count already."""
TOOLS_OVERHEAD_TOKENS = 512
"""The instructions that vendors add when there are tools."""
PLAIN_BYTES = 8
"""Of one token, for nearly every text: so much of a text for each token of a limit is beyond the limit."""
SCHEMA_FIELDS = ("tools", "functions", "response_format")
OUTPUT_FIELDS = ("max_completion_tokens", "max_tokens")

ROOM = 64
"""Tokens that the estimate of an input is allowed to be short by, beside a quarter of it: tokenizers differ."""

TokenCounter = Callable[[bytes], int]
"""Estimates the tokens of a serialised request."""
PictureCounter = Callable[[str, Mapping[str, Any]], int | None]
"""Bounds the input tokens of a picture, given the vendor's name of the model and the content part; None: unknown."""

_encode = msgspec.json.Encoder().encode


def no_picture(model: str, part: Mapping[str, Any]) -> int | None:
    """Knows no family: every picture counts as the model's whole context."""
    return None


def bound_request(
    body: Body,
    candidates: tuple[ServedModel, ...],
    policy: EffectivePolicy,
    *,
    count_tokens: TokenCounter,
    count_picture: PictureCounter = no_picture,
    text_ceiling: TextCeiling = no_text,
    hard: bool,
    now: datetime | None = None,
) -> BoundedRequest:
    """The request at each candidate that can serve it: its output clamped, its input measured, both priced.

    With `text_ceiling` the texts' tokens are counted where the model's tokenizer is known, which takes time. `hard`: an
    enforced budget on tokens or cost applies, so what cannot be priced is refused. `now` is about when it
    is sent (None: at any time). Raises UnpriceableRequest and InputTooLarge where no candidate can serve it.
    """
    caches, parts = caches_of(body), parts_beyond_text(body)
    request = _Request(
        body,
        caches,
        parts,
        asked_of(body, caches, parts),
        policy,
        count_tokens,
        count_picture,
        text_ceiling,
        hard,
        now,
        {},
    )
    calls: list[BoundedCall] = []
    first: _Input | None = None
    refusal: MeteringError | None = None
    for model in candidates:
        try:
            call, measured = _bound_call(request, model)
        except (UnpriceableRequest, InputTooLarge) as error:
            refusal = refusal or error
            continue
        if first is None:
            first = measured
        else:
            call = structs.replace(call, encoded=b"")  # made again where it is needed: bodies may be large
        calls.append(call)
    if first is None:
        raise refusal or ModelNotFound("No model is left that could serve this.", param="model")
    return BoundedRequest(
        calls=tuple(calls),
        bound=calls[0].bound if len(calls) == 1 else most_of(calls),
        answer_tokens=calls[0].answer_tokens,
        estimate_input=first.estimate,
    )


class _Request(NamedTuple):
    """What is the same for every model."""

    body: Body
    caches: Caches
    parts: list[Mapping[str, Any]]
    asked: Asked
    policy: EffectivePolicy
    count_tokens: TokenCounter
    count_picture: PictureCounter
    text_ceiling: TextCeiling
    hard: bool
    now: datetime | None
    spared: dict[str, int]
    """By tokenizer: how many fewer tokens than bytes its texts are."""

    def spared_at(self, model: ServedModel) -> int:
        """By how much fewer tokens than bytes its texts are at the model."""
        tokenizer = model.traits.get("tokenizer")
        if not isinstance(tokenizer, str) or self.text_ceiling is no_text:
            return 0
        if tokenizer not in self.spared:
            self.spared[tokenizer] = spared_by_counting(self.body, tokenizer, self.text_ceiling)
        return self.spared[tokenizer]


def _bound_call(request: _Request, model: ServedModel) -> tuple[BoundedCall, "_Input"]:
    """The request at one model, and how large its input is there."""
    body, policy, asked, price = request.body, request.policy, request.asked, model.price
    unpriced = unpriced_fields(body, price, request.caches)
    if request.hard:
        refuse_unknown_price(model)
        refuse_unbounded(body, unpriced)
    choices = body.get("n") or 1
    wanted = _output_limit(body, model, policy)
    edited = _edited(body, model, wanted)
    payload = _encode(edited)
    measured = _measure(request, payload, model)
    refuse_large_input(measured.ceiling, measured.estimate, model, policy)
    output_tokens = min(wanted, _room(measured, wanted, model.context_tokens))
    if output_tokens != wanted:
        edited = _edited(body, model, output_tokens)
        payload = _encode(edited)
    total_output = output_tokens * choices
    ceiling = price.ceiling_nano_usd(
        input_tokens=measured.ceiling, output_tokens=total_output, asked=asked, at=request.now
    )
    call = BoundedCall(
        model=model,
        body=edited,
        encoded=payload,
        asked=body,
        choices=choices,
        answer_tokens=output_tokens,
        partly_priced=bool(unpriced) or not price.is_known or _is_cheaper(asked.service_tier, price),
        priced=asked,
        markup=policy.markup,
        bound=Amounts(
            input_tokens=measured.ceiling,
            output_tokens=total_output,
            cost_nano_usd=marked_up(ceiling, model.markup, policy.markup),
            steps=1,
        ),
    )
    return call, measured


def _output_limit(body: Body, model: ServedModel, policy: EffectivePolicy) -> int:
    """The smallest of what the caller asks, the policy allows and the model can do."""
    limits = [model.max_output_tokens]
    limits += [value for field in OUTPUT_FIELDS if (value := body.get(field)) is not None]
    allowed = policy.number("max_tokens_out")
    if allowed is not None:
        limits.append(allowed)
    return min(limits)


def _edited(body: Body, model: ServedModel, output_tokens: int) -> Body:
    """The vendor's request: the caller's with only these keys changed. The limit stands in it once; the provider gives
    it the name that the vendor obeys.
    """
    edited = {**body, "model": model.physical_name}
    named = [field for field in OUTPUT_FIELDS if body.get(field) is not None]
    for field in OUTPUT_FIELDS:
        edited.pop(field, None)
    edited[named[0] if named else "max_tokens"] = output_tokens
    if not body.get("store"):
        # The gateway's own labels; vendors refuse metadata that they are not asked to store.
        edited.pop("metadata", None)
    elif isinstance(metadata := body.get("metadata"), dict) and (tags := metadata.get("tags")):
        edited["metadata"] = {**metadata, "tags": ",".join(read_tags(tags, "metadata.tags"))}
    if body.get("stream"):
        edited["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
    return edited


class _Input:
    """How large an input is: at most, and about (which costs a count, so it is asked only where it matters)."""

    def __init__(self, ceiling: int, pictures: int, text: bytes, count_tokens: TokenCounter) -> None:
        self.ceiling = ceiling
        self._pictures = pictures
        self._text = text
        self._count_tokens = count_tokens

    def estimate(self, limit: int) -> int:
        """Tokens, or those of its beginning if that is beyond the limit already."""
        start = self._text[: limit * PLAIN_BYTES]
        estimate = self._pictures + self._count_tokens(start)
        if estimate > limit or len(start) == len(self._text):
            return estimate
        return self._pictures + self._count_tokens(self._text)


def _measure(request: _Request, payload: bytes, model: ServedModel) -> _Input:
    body, parts, context = request.body, request.parts, model.context_tokens
    if not parts:
        ceiling = _ceiling(body, payload) - request.spared_at(model)
        return _Input(min(ceiling, context), 0, payload, request.count_tokens)
    text = _encode(text_alone(body))
    family = _family(model)
    pictures = 0
    for part in parts:
        count = request.count_picture(family, part)
        if count is None:
            return _Input(context, 0, text, request.count_tokens)
        pictures += count
    ceiling = _ceiling(body, text) - request.spared_at(model) + pictures
    return _Input(min(ceiling, context), pictures, text, request.count_tokens)


def _family(model: ServedModel) -> str:
    """The name by which the formula for pictures is found."""
    return str(model.traits.get("pictures", model.physical_name))


def _room(measured: _Input, wanted: int, context: int) -> int:
    """What the context leaves for the output. A vendor refuses a limit that does not fit beside the input."""
    if measured.ceiling + wanted <= context:
        return wanted
    estimate = measured.estimate(context)
    return max(1, context - estimate - min(estimate // 4 + ROOM, (context - estimate) // 2))


def _ceiling(body: Body, payload: bytes) -> int:
    overhead = CALL_OVERHEAD_TOKENS + MESSAGE_OVERHEAD_TOKENS * len(body["messages"])
    if body.get("tools") or body.get("functions"):
        overhead += TOOLS_OVERHEAD_TOKENS
    for field in SCHEMA_FIELDS:
        if body.get(field):
            overhead += len(_encode(body[field]))
    return len(payload) + overhead


def refuse_large_input(
    ceiling: int, estimate: Callable[[int], int], model: ServedModel, policy: EffectivePolicy
) -> None:
    """Raise InputTooLarge where the estimate is over the model's context or the rule `max_tokens_in`.

    The ceiling is several times the truth for plain text, so it only tells whether the estimate has to be made.
    """
    limit = largest_input(model, policy)
    if ceiling < limit or (tokens := estimate(limit)) <= limit:
        return
    allowed = policy.number("max_tokens_in")
    raise input_error(tokens, limit, is_models=allowed is None or allowed > model.context_tokens)


def largest_input(model: ServedModel, policy: EffectivePolicy) -> int:
    """Tokens: the model's context, or less by the rule `max_tokens_in`."""
    allowed = policy.number("max_tokens_in")
    return model.context_tokens if allowed is None else min(allowed, model.context_tokens)
