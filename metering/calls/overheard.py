"""An allowance of whose one answer a copy is taken, for the cache."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from metering.answer_cache.cache import CacheUse
from metering.answer_cache.entry import MAX_ANSWER_BYTES, MAX_PACKED_BYTES
from metering.answer_cache.part import CONTENT, ONLY_USAGE, WITH_USAGE
from metering.packed import PackedParts
from metering.ports import Body, Spending, VendorAnswer, VendorChunk

T = TypeVar("T")


class Overheard:
    """Implements Spending. What is heard is the vendor's answer, whatever the task makes of it."""

    def __init__(self, allowance: Spending, use: CacheUse) -> None:
        self.use = use
        self.is_streamed = False
        self.response_model = ""
        self._allowance = allowance
        self._parts = PackedParts(most_bytes=MAX_ANSWER_BYTES, most_packed=MAX_PACKED_BYTES)
        self._asked = 0
        self._ended = 0
        self._is_unfinished = False

    @property
    def is_whole(self) -> bool:
        """Whether the vendor was asked once, and the answer came to its end, and said so."""
        return self._asked == self._ended == 1 and not self._is_unfinished

    def packed(self) -> bytes | None:
        """The answer's parts; None: it is too long. Asked once."""
        return self._parts.finish()

    async def complete(self, body: Body) -> VendorAnswer:
        self._asked += 1
        answer = await self._allowance.complete(body)
        self._parts.add(CONTENT + answer.body)
        self.response_model = answer.model
        self._is_unfinished = answer.unfinished
        self._ended += 1
        return answer

    async def stream(self, body: Body) -> AsyncGenerator[VendorChunk, None]:
        self._asked += 1
        self.is_streamed = True
        async with aclosing(self._allowance.stream(body)) as chunks:
            async for chunk in chunks:
                self.response_model = self.response_model or chunk.model
                self._is_unfinished = self._is_unfinished or chunk.unfinished
                if chunk.data:
                    self._parts.add(_mark_of(chunk) + chunk.data)
                yield chunk
        self._ended += 1

    @property
    def id(self) -> str:
        return self._allowance.id

    def usage(self) -> dict[str, object]:
        return self._allowance.usage()

    @property
    def input_limit(self) -> int:
        return self._allowance.input_limit

    def count_tokens(self, text: str) -> int:
        return self._allowance.count_tokens(text)

    @property
    def steps_left(self) -> int:
        return self._allowance.steps_left

    @property
    def api_calls_left(self) -> int:
        return self._allowance.api_calls_left

    @property
    def files_left(self) -> int:
        return self._allowance.files_left

    async def call_api(self, service: str, send: Callable[[], Awaitable[T]]) -> T:
        return await self._allowance.call_api(service, send)

    async def add_file(self) -> None:
        await self._allowance.add_file()


def _mark_of(chunk: VendorChunk) -> bytes:
    if chunk.only_usage:
        return ONLY_USAGE
    return WITH_USAGE if chunk.usage is not None else CONTENT
