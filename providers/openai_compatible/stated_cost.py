"""What a proxy says in a header that a call has cost."""

from collections.abc import Mapping
from typing import TypeVar

from msgspec.structs import replace

from providers.openai_compatible.extras import nano_usd_of
from providers.port import Chunk, Completion

COST_HEADER = "x-litellm-response-cost"
"""LiteLLM's, in US dollars."""
Answer = TypeVar("Answer", Completion, Chunk)


def with_stated_cost(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """The answer with the cost that the headers state, if that is more than what stands in the answer itself."""
    if COST_HEADER not in headers or answer.usage is None:
        return answer
    stated, known = nano_usd_of(headers[COST_HEADER]), answer.usage.vendor_cost_nano_usd
    if stated is None or stated <= (known or -1):
        return answer
    return replace(answer, usage=replace(answer.usage, vendor_cost_nano_usd=stated))
