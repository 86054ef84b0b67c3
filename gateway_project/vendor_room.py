"""What vendors allow one key in a minute, counted as they count: no minute sees more."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import NamedTuple

from metering.ports import Usage, VendorAnswer, VendorCall, VendorChunk
from metering.rates.port import MOST_USED, Buckets, Draw
from providers.keys import Key, Taking
from providers.port import Failure, ProviderCall, ProviderError
from providers.routing.endpoint import Endpoint

REQUESTS, TOKENS = "requests_per_minute", "tokens_per_minute"
BYTES_PER_TOKEN = 4
"""Of a request, before its tokens are known."""
WINDOW_S = 60.0


class _Taken(NamedTuple):
    """The tokens that an attempt took, whether of a shared window, and when."""

    draw: Draw
    shared: bool
    at_s: float


class VendorRoom:
    """Takes the room of calls of limited models. Tokens are taken at the most that a call may use, and trued up.

    A call that is larger than the whole limit takes all of it: the vendor has the last word on that.
    """

    def __init__(self, buckets: Buckets, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = buckets
        self._clock = clock
        self._taken: dict[str, _Taken] = {}
        """By attempt that is under way."""

    def taking(self, call: ProviderCall, endpoint: Endpoint) -> Taking | None:
        """How the call takes its room with a key; None: the vendor's limits are not known."""
        limits = {
            name: limit for name in (REQUESTS, TOKENS) if isinstance(limit := call.traits.get(name), int)
        }
        return partial(self._take, call, endpoint, limits) if limits else None

    async def _take(
        self, call: ProviderCall, endpoint: Endpoint, limits: Mapping[str, int], key: Key
    ) -> float:
        """Seconds until the key has room; 0: it had, and it was taken."""
        tokens = min(len(call.payload) // BYTES_PER_TOKEN, call.input_bound) + call.output_limit
        draws = tuple(
            Draw(
                f"vendor_minute:{name}:{endpoint.provider}:{endpoint.owner}:{call.model}:{key.tag}",
                min(1 if name == REQUESTS else tokens, limit),
                limit,
                is_rolling=True,
            )
            for name, limit in limits.items()
        )
        drawn = await self._buckets.take(draws)
        if not drawn.granted:
            # Windows are kept up to two seconds longer than the minute that is told.
            return min(WINDOW_S, max(drawn.waits_s))
        if TOKENS in limits:
            self._end(call.attempt_id, 0)  # a key that was taken before refused the call
            self._taken[call.attempt_id] = _Taken(draws[-1], drawn.shared, self._clock())
        return 0.0

    def _end(self, attempt_id: str, tokens: int | None) -> None:
        """The attempt has ended. What it did not use is given back, if that still counts; None: what it used is not
        known.
        """
        taken = self._taken.pop(attempt_id, None)
        if taken is None or tokens is None:
            return
        draw, shared, at_s = taken
        difference = min(tokens - draw.units, MOST_USED * draw.per_minute)
        if difference > 0 or (difference < 0 and self._clock() - at_s < WINDOW_S):
            self._buckets.correct((draw._replace(units=difference),), shared=shared)

    async def within(self, call: VendorCall, answering: Awaitable[VendorAnswer]) -> VendorAnswer:
        """The same answer, from which the usage is read. Raises what it raises."""
        tokens: int | None = None
        try:
            answer = await answering
            tokens = tokens_of(answer.usage)
            return answer
        except ProviderError as error:
            tokens = tokens_after(error)
            raise
        finally:
            self._end(call.attempt_id, tokens)

    async def until_ended(
        self, call: VendorCall, chunks: AsyncGenerator[VendorChunk, None]
    ) -> AsyncGenerator[VendorChunk, None]:
        """The same chunks, from which the usage is read. Raises what they raise."""
        tokens: int | None = None
        try:
            async with aclosing(chunks):
                async for chunk in chunks:
                    if chunk.usage is not None:
                        tokens = tokens_of(chunk.usage)
                    yield chunk
        except ProviderError as error:
            tokens = tokens_after(error)
            raise
        finally:
            self._end(call.attempt_id, tokens)


def tokens_of(usage: Usage) -> int | None:
    """What an answer used; None: it is not known."""
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    return usage.input_tokens + usage.output_tokens


def tokens_after(error: ProviderError) -> int | None:
    """What an attempt used that failed; None: it is not known."""
    if error.failure in (Failure.REFUSED, Failure.UNREACHABLE):
        return 0
    return tokens_of(error.usage) if error.usage is not None else None
