"""An allowance for tests of adapters alone: the sandbox answers, and everything is counted."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from metering.errors import BudgetExceeded, LimitUsage
from metering.ports import AllowanceSpent, Body, Progress
from providers.port import Chunk, Completion
from providers.sandbox.provider import SandboxProvider

T = TypeVar("T")
Answers = Callable[[Body, int], "str | Exception | list[bytes] | None"]
"""What the vendor says to the body of a call with this number: a text, an error, the chunks of a stream, or None for
the sandbox's answer."""


class CountingSpending:
    """Implements metering's Spending without a ledger. `asked` and `services` tell what was spent on."""

    def __init__(
        self,
        *,
        steps: int = 100,
        api_calls: int = 100,
        files: int = 100,
        answers: Answers = lambda body, number: None,
        id: str = "01890000-0000-7000-8000-000000000001",
        input_limit: int = 100_000,
    ) -> None:
        self.steps_left = steps
        self.api_calls_left = api_calls
        self.files_left = files
        self.asked: list[Body] = []
        self.services: list[str] = []

        self.id = id
        self.input_limit = input_limit
        self._answers = answers

    def count_tokens(self, text: str) -> int:
        return len(text) // 4

    def usage(self) -> dict[str, object]:
        return {"llm_calls": len(self.asked), "api_calls": len(self.services), "files": 0}

    async def complete(self, body: Body) -> Completion:
        call = self._call(body)
        told = self._answers(body, len(self.asked))
        if isinstance(told, Exception):
            raise told
        completion = await SandboxProvider().complete(call)
        if isinstance(told, list):
            return replace(completion, body=told[0])
        if told is None:
            return completion
        choice = {"message": {"role": "assistant", "content": told}, "finish_reason": "stop"}
        return replace(completion, body=msgspec.json.encode({"choices": [choice]}))

    async def stream(self, body: Body) -> AsyncGenerator[Chunk, None]:
        """A text comes in two pieces, and before an error comes half of what the sandbox says."""
        call = self._call(body)
        told = self._answers(body, len(self.asked))
        chunks = [chunk async for chunk in SandboxProvider().stream(call)]
        if isinstance(told, str):
            pieces = [told[: len(told) // 2], told[len(told) // 2 :]]
            chunks = [Chunk(data=piece_of(piece), model="m") for piece in pieces]
        elif isinstance(told, list):
            chunks = [Chunk(data=data, model="m") for data in told]
        elif told is not None:
            chunks = chunks[: len(chunks) // 2]
        for chunk in chunks:
            yield chunk
        if isinstance(told, Exception):
            raise told

    async def call_api(self, service: str, send: Callable[[], Awaitable[T]]) -> T:
        self.api_calls_left = _one_less(self.api_calls_left)
        self.services.append(service)
        return await send()

    async def add_file(self) -> None:
        self.files_left = _one_less(self.files_left)

    def _call(self, body: Body) -> Any:
        self.steps_left = _one_less(self.steps_left)
        self.asked.append(body)
        return SimpleNamespace(
            model="sandbox-m",
            body={"model": "sandbox-m", **body},
            payload=msgspec.json.encode(body),
            output_limit=body["max_tokens"],
            progress=Progress(),
            attempt_id=f"attempt-{len(self.asked)}",
            timeout_s=5.0,
        )


def _one_less(left: int) -> int:
    if left < 1:
        raise AllowanceSpent("A test's allowance is spent.")
    return left - 1


def piece_of(text: str | None, *, finish_reason: str | None = None) -> bytes:
    """One chunk of a vendor's stream."""
    return msgspec.json.encode({"choices": [{"delta": {"content": text}, "finish_reason": finish_reason}]})


def used_up(dimension: str) -> BudgetExceeded:
    """A budget without room for another call."""
    usage = LimitUsage(
        budget=f"tenant {dimension}/day",
        scope="tenant",
        dimension=dimension,
        current=7,
        held=0,
        requested=1,
        limit=7,
        period="day",
    )
    return BudgetExceeded("The budget is used up.", usage=usage, reset_at=None, retry_after_s=60)
