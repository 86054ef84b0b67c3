"""The most that an LLM call can cost, and the request that keeps to it. What is held is what is sent.

Input: a byte-level BPE token is at least one byte of UTF-8, so the bytes of the serialised request, which
contains every message and tool, are a ceiling; chat templates add a few tokens of their own, and schemas may be
laid out more widely than they were sent, so they count twice. What is not text counts as the model's whole
context. Output: the limit that is sent, times `n`.
"""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from metering.catalog.served import ServedModel
from metering.errors import InputTooLarge
from metering.ledger.commands import Bound
from metering.policy.values import EffectivePolicy
from metering.ports import Body
from metering.reservation.cost_fields import has_unbounded_content, refuse_unbounded, text_of

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

TokenCounter = Callable[[bytes], int]
"""Estimates the tokens of a serialised request."""

_encode = msgspec.json.Encoder().encode


class BoundedCall(Struct, frozen=True, kw_only=True):
    """A request ready to send, with the most it can use."""

    body: Body
    payload: bytes
    bound: Bound


def bound_call(
    body: Body,
    candidates: tuple[ServedModel, ...],
    policy: EffectivePolicy,
    *,
    count_tokens: TokenCounter,
    hard: bool,
) -> BoundedCall:
    """Clamp the output, measure the input, price both at the dearest candidate.

    `hard`: an enforced budget on tokens or cost applies, so what cannot be bounded is refused.
    Raises UnpriceableRequest and InputTooLarge.
    """
    if hard:
        refuse_unbounded(body)
    model = candidates[0]
    output_tokens = _output_limit(body, candidates, policy)
    edited = _edited(body, model, output_tokens)
    payload = _encode(edited)
    context = max(candidate.context_tokens for candidate in candidates)
    input_tokens = context if has_unbounded_content(body) else min(_ceiling(body, payload), context)
    _refuse_large_input(body, payload, input_tokens, model, policy, count_tokens)
    total_output = output_tokens * (body.get("n") or 1)
    return BoundedCall(
        body=edited,
        payload=payload,
        bound=Bound(
            input_tokens=input_tokens,
            output_tokens=total_output,
            cost_nano_usd=max(
                candidate.price.ceiling_nano_usd(input_tokens=input_tokens, output_tokens=total_output)
                for candidate in candidates
            ),
            steps=1,
        ),
    )


def _output_limit(body: Body, candidates: tuple[ServedModel, ...], policy: EffectivePolicy) -> int:
    """The smallest of what the caller asks, the policy allows and every candidate can do."""
    limits = [candidate.max_output_tokens for candidate in candidates]
    limits += [value for field in OUTPUT_FIELDS if (value := body.get(field)) is not None]
    allowed = policy.number("max_tokens_out")
    if allowed is not None:
        limits.append(allowed)
    return min(limits)


def _edited(body: Body, model: ServedModel, output_tokens: int) -> Body:
    """The vendor's request: the caller's with only these keys changed."""
    edited = {**body, "model": model.physical_name}
    named = [field for field in OUTPUT_FIELDS if body.get(field) is not None]
    for field in named or ["max_tokens"]:
        edited[field] = output_tokens
    if not body.get("store"):
        # The gateway's own labels; vendors refuse metadata that they are not asked to store.
        edited.pop("metadata", None)
    if body.get("stream"):
        edited["stream_options"] = {**(body.get("stream_options") or {}), "include_usage": True}
    return edited


def _ceiling(body: Body, payload: bytes) -> int:
    overhead = CALL_OVERHEAD_TOKENS + MESSAGE_OVERHEAD_TOKENS * len(body["messages"])
    if body.get("tools") or body.get("functions"):
        overhead += TOOLS_OVERHEAD_TOKENS
    for field in SCHEMA_FIELDS:
        if body.get(field):
            overhead += len(_encode(body[field]))
    return len(payload) + overhead


def _refuse_large_input(
    body: Body,
    payload: bytes,
    ceiling: int,
    model: ServedModel,
    policy: EffectivePolicy,
    count_tokens: TokenCounter,
) -> None:
    """Refuse on the estimate, not on the ceiling, which is several times the truth for plain text."""
    allowed = policy.number("max_tokens_in")
    limit = model.context_tokens if allowed is None else min(allowed, model.context_tokens)
    if ceiling < limit or (estimate := estimate_input(body, payload, limit, count_tokens)) <= limit:
        return
    whose = "the model's context" if allowed is None or allowed > model.context_tokens else "the plan's limit"
    raise InputTooLarge(
        f"The input is at least {estimate:,} tokens, more than {whose} of {limit:,}.", param="messages"
    )


def estimate_input(body: Body, payload: bytes, limit: int, count_tokens: TokenCounter) -> int:
    """The tokens of the request's text, or of its beginning if that is beyond the limit already."""
    text = _encode(text_of(body)) if has_unbounded_content(body) else payload
    start = text[: limit * PLAIN_BYTES]
    estimate = count_tokens(start)
    return estimate if estimate > limit or len(start) == len(text) else count_tokens(text)
