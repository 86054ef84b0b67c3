"""Vendors that do as the test says."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from msgspec import Struct

from metering.ports import AttemptFailed, Candidate, ModelUsage, VendorAnswer, VendorCall, VendorChunk


class FakeUsage(Struct, frozen=True, kw_only=True):
    input_tokens: int | None = 10
    output_tokens: int | None = 5
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    estimate_reason: str = ""
    reported: str = ""
    service_tier: str = ""
    cache_write_1h_tokens: int = 0
    cache_write_12h_tokens: int = 0
    tool_calls: dict[str, int] = {}
    vendor_cost_nano_usd: int | None = None
    answered_by: str = ""
    parts: tuple[ModelUsage, ...] = ()


class FakeAnswer(Struct, frozen=True, kw_only=True):
    body: bytes = b'{"answer":1}'
    model: str = "fake-1"
    usage: FakeUsage = FakeUsage()
    unfinished: bool = False


class FakeChunk(Struct, frozen=True, kw_only=True):
    data: bytes = b"{}"
    model: str = "fake-1"
    usage: FakeUsage | None = None
    only_usage: bool = False
    unfinished: bool = False


class FakeVendors:
    """`script` holds what the next calls answer: an answer, chunks, or an AttemptFailed among them."""

    def __init__(self, *script: FakeAnswer | AttemptFailed | list[FakeChunk | AttemptFailed]) -> None:
        self.script = list(script)
        self.calls: list[VendorCall] = []
        self.gate: asyncio.Event | None = None
        """While it is there and not set, answers and chunks wait."""
        self.called = asyncio.Event()
        self.in_flight = 0
        self.most_in_flight = 0

    def order(
        self, candidates: Sequence[Candidate], costs: Sequence[int], conversation: str | None
    ) -> Sequence[int]:
        return range(len(candidates))

    async def complete(self, call: VendorCall) -> VendorAnswer:
        self.calls.append(call)
        self.called.set()
        call.progress.sent = True
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self._wait()
            turn = self.script.pop(0) if self.script else FakeAnswer()
            if isinstance(turn, AttemptFailed):
                raise turn
            assert isinstance(turn, FakeAnswer)
            return turn
        finally:
            self.in_flight -= 1

    async def stream(self, call: VendorCall) -> AsyncGenerator[VendorChunk, None]:
        self.calls.append(call)
        self.called.set()
        call.progress.sent = True
        turn = self.script.pop(0)
        assert isinstance(turn, list)
        for chunk in turn:
            await self._wait()
            if isinstance(chunk, AttemptFailed):
                raise chunk
            yield chunk

    async def _wait(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
