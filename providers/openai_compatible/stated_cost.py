"""What a vendor itself says that a call has cost: in its usage object, or in a header."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, TypeVar

from msgspec.structs import replace

from providers.port import Chunk, Completion

COST_HEADER = "x-litellm-response-cost"
"""LiteLLM's, in US dollars."""
NANO_PER_USD = Decimal(1_000_000_000)
NANO_PER_TICK = Decimal("0.1")
"""xAI: 10,000,000,000 ticks are a dollar."""
LARGEST_COST = 10**18
"""Nano-USD. A larger figure, a negative one and what is no number say nothing."""
AMOUNT_LENGTH = 64
COST, TICKS = "cost", "cost_in_usd_ticks"
Answer = TypeVar("Answer", Completion, Chunk)


def with_stated_cost(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """The answer with the cost that the headers state, if that is more than what stands in the answer itself."""
    if COST_HEADER not in headers or answer.usage is None:
        return answer
    stated, known = nano_usd_of(headers[COST_HEADER]), answer.usage.vendor_cost_nano_usd
    if stated is None or stated <= (known or -1):
        return answer
    return replace(answer, usage=replace(answer.usage, vendor_cost_nano_usd=stated))


def cost_of(usage: Mapping[str, Any]) -> int | None:
    """The cost that stands in a usage object, in nano-USD.

    Where somebody's own key was used (OpenRouter's `is_byok`), `cost` is the fee alone, and the upstream vendor bills
    the rest.
    """
    if TICKS in usage:
        return nano_usd_of(usage[TICKS], NANO_PER_TICK)
    cost = usage.get(COST)
    if isinstance(cost, Mapping):
        cost = cost.get("total_cost")
    own, details = nano_usd_of(cost), usage.get("cost_details")
    if usage.get("is_byok") is not True or not isinstance(details, Mapping):
        return own
    upstream = nano_usd_of(details.get("upstream_inference_cost"))
    return own if upstream is None else min((own or 0) + upstream, LARGEST_COST)


def nano_usd_of(value: object, nano_per_unit: Decimal = NANO_PER_USD) -> int | None:
    """An amount in nano-USD, rounded up; None for what is none. Some vendors write numbers as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, int) and not 0 <= value <= LARGEST_COST:
        return None  # Python writes no integer of thousands of digits
    text = str(value).strip()
    if len(text) > AMOUNT_LENGTH:
        return None
    try:
        amount = Decimal(text) * nano_per_unit
    except ArithmeticError:
        return None
    if not amount.is_finite() or not 0 <= amount <= LARGEST_COST:
        return None
    return int(amount.to_integral_value(rounding=ROUND_CEILING))
