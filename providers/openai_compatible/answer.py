"""A vendor's whole answer: bounded, checked to be one, its usage read or estimated."""

import msgspec

from providers.openai_compatible.errors import broken, error_within
from providers.openai_compatible.exchange import Answer
from providers.openai_compatible.wire import facts_of
from providers.port import Completion, ProviderCall, Usage
from providers.token_counting import count_in_thread, count_input

MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Of a whole answer, all of which is in memory."""


async def read_whole(response: Answer, gap_s: float) -> bytes:
    """The body. Raises ProviderError for one that is too large, before it is in memory."""
    if response.content.is_eof():
        return response.content.read_nowait()
    response.limit_gap(gap_s)
    parts: list[bytes] = []
    length = 0
    async for part in response.content.iter_any():
        length += len(part)
        if length > MAX_ANSWER_BYTES:
            raise broken(f"its answer is longer than {MAX_ANSWER_BYTES:,} bytes")
        parts.append(part)
    return b"".join(parts)


async def whole_answer(body: bytes, call: ProviderCall, api_key: str) -> Completion:
    """The answer as it came, and what metering needs of it. Raises ProviderError."""
    try:
        facts = facts_of(body)
    except msgspec.DecodeError:
        raise broken("its answer is not valid JSON") from None
    if facts.error is not None:
        raise error_within(facts.error, api_key)
    if not facts.is_answer:
        raise broken("its answer holds no choices")
    usage = facts.usage or await estimated_usage(call, facts.texts())
    return Completion(body=body, model=facts.model, usage=usage)


async def estimated_usage(call: ProviderCall, texts: list[str]) -> Usage | None:
    """Counted here, for a vendor that reports none; None where the request holds more than text."""
    input_tokens = await count_input(call.body)
    if input_tokens is None:
        return None
    output_tokens = await count_in_thread("".join(texts))
    return Usage(input_tokens=input_tokens, output_tokens=output_tokens, estimated=True)
