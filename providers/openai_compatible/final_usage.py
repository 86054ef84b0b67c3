"""What one call is charged for: what the vendor reports, completed by what was counted here where it says too little.

Nothing that was generated is free: a missing or impossible figure is replaced by the count of what came, and marked.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from providers.messages.request import chat_request as chat_of_message
from providers.openai_compatible.extras import Extras, Part
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.usage import Reading, ReportedUsage
from providers.port import EstimateReason, ModelUsage, ProviderCall, ProviderError, Usage
from providers.responses.request import chat_request as chat_of_response
from providers.token_counting import count_input

LONGEST_TOKEN = 64
"""Characters. No tokenizer makes tokens as long as this on average, but of runs of blanks."""
DISBELIEF = 2
"""So many times the reported tokens have to be counted here before the count is believed instead."""

TO_CHAT: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "messages": chat_of_message,
    "responses": chat_of_response,
}
"""Protocol → its requests in the shape in which input is counted."""


class Reported(Protocol):
    """The usage objects of one answer, however the vendor names its figures."""

    extras: Extras
    """What it costs beside tokens."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing with a figure in it was reported."""

    @property
    def text(self) -> str:
        """The vendor's own words as JSON, bounded."""

    def reading(self) -> Reading:
        """What the figures come to, together."""


async def usage_of_answer(
    call: ProviderCall, reported: Reported, generated: Generated, service_tier: str
) -> Usage:
    """Of a complete answer."""
    reading = reported.reading()
    reason = EstimateReason.CONTRADICTORY if reading.contradictory else EstimateReason.NONE
    input_tokens, output_tokens = reading.input_tokens, reading.output_tokens
    if not input_tokens:
        input_tokens, reason = await _input_of(call), EstimateReason.MISSING
    if not output_tokens and not generated.is_empty:
        output_tokens = None if generated.beyond_text else await generated.count()
        reason = EstimateReason.MISSING
    elif generated.length > LONGEST_TOKEN * (output_tokens or 0):
        counted = await generated.count()
        if counted > DISBELIEF * (output_tokens or 0):
            output_tokens, reason = counted, EstimateReason.CONTRADICTORY
    elif output_tokens is None:
        output_tokens = 0  # embeddings generate nothing
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=reading.cached_input_tokens,
        cache_write_tokens=reading.cache_write_tokens,
        cache_write_1h_tokens=reading.cache_write_1h_tokens,
        cache_write_12h_tokens=reading.cache_write_12h_tokens,
        reasoning_tokens=reading.reasoning_tokens,
        estimate_reason=reason,
        reported=reported.text if reason and not reported.is_empty else "",
        service_tier=reported.extras.tier(service_tier),
        tool_calls=reported.extras.tool_calls,
        vendor_cost_nano_usd=reported.extras.cost_nano_usd,
        answered_by=reported.extras.answered_by,
        parts=parts_of(reported.extras.parts),
    )


async def usage_of_cut(
    call: ProviderCall,
    reported: Reported,
    generated: Generated,
    service_tier: str,
    *,
    may_hide_reasoning: bool,
    is_counted_so_far: bool = False,
) -> Usage:
    """At least, of an answer that broke off after it had begun: the input, and what came.

    What a vendor reported on the way is a lower bound. A model that thinks without showing it is charged its whole
    limit, and so is an answer of which nothing can be counted, unless the vendor reports with each piece how much it
    has generated (`is_counted_so_far`).
    """
    reading = reported.reading()
    came = max(reading.output_tokens or 0, await generated.count())
    whole = may_hide_reasoning or reading.reasoning_tokens or generated.is_empty or generated.beyond_text
    if is_counted_so_far and not generated.beyond_text:
        whole = False
    return Usage(
        input_tokens=reading.input_tokens or await _input_of(call),
        output_tokens=max(came, call.output_limit) if whole else came,
        cached_input_tokens=reading.cached_input_tokens,
        cache_write_tokens=reading.cache_write_tokens,
        cache_write_1h_tokens=reading.cache_write_1h_tokens,
        cache_write_12h_tokens=reading.cache_write_12h_tokens,
        reasoning_tokens=reading.reasoning_tokens,
        estimate_reason=EstimateReason.CUT,
        reported=reported.text if not reported.is_empty else "",
        service_tier=reported.extras.tier(service_tier),
        tool_calls=reported.extras.tool_calls,
        vendor_cost_nano_usd=reported.extras.cost_nano_usd,
        answered_by=reported.extras.answered_by,
        parts=parts_of(reported.extras.parts),
    )


async def usage_unanswered(call: ProviderCall) -> Usage:
    """At most, of a call that was sent and of whose answer nothing is known: the input, and the output limit."""
    return Usage(
        input_tokens=await _input_of(call),
        output_tokens=call.output_limit,
        estimate_reason=EstimateReason.UNANSWERED,
    )


def parts_of(parts: list[Part]) -> tuple[ModelUsage, ...]:
    """What each model used that took part. One reader does for all vendors that say so."""
    if not parts:
        return ()  # nearly always
    found = []
    for model, usage in parts:
        reported = ReportedUsage()
        reported.add(usage)
        reading = reported.reading()
        found.append(
            ModelUsage(
                model=model,
                input_tokens=reading.input_tokens or 0,
                output_tokens=reading.output_tokens or 0,
                cached_input_tokens=reading.cached_input_tokens,
                cache_write_tokens=reading.cache_write_tokens,
                cache_write_1h_tokens=reading.cache_write_1h_tokens,
                cache_write_12h_tokens=reading.cache_write_12h_tokens,
                reasoning_tokens=reading.reasoning_tokens,
            )
        )
    return tuple(found)


async def _input_of(call: ProviderCall) -> int | None:
    """The tokens of its request; None where it holds what cannot be counted."""
    body = call.body
    if (to_chat := TO_CHAT.get(call.protocol)) is not None:
        try:
            body = to_chat(body)
        except ProviderError:
            return None  # the vendor's own tools, or files that it keeps
    return await count_input(body, call.model)
