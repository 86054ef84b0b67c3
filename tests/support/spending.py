"""An allowance for tests of adapters alone: the sandbox answers, and everything is counted."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec

from metering.ports import AllowanceSpent, Body, Progress
from providers.port import Chunk, Completion
from providers.sandbox.provider import SandboxProvider

T = TypeVar("T")
Answers = Callable[[Body, int], str | Exception | None]
"""What the vendor says to the body of a call with this number: a text, an error, or None for the sandbox's answer."""


class CountingSpending:
    """Implements metering's Spending without a ledger. `asked` and `services` tell what was spent on."""

    def __init__(self, *, steps: int = 100, api_calls: int = 100, files: int = 100) -> None:
        self.steps_left = steps
        self.api_calls_left = api_calls
        self.files_left = files
        self.asked: list[Body] = []
        self.services: list[str] = []

        self.id = "01890000-0000-7000-8000-000000000001"
        self.input_limit = 100_000

    def count_tokens(self, text: str) -> int:
        return len(text) // 4

    def usage(self) -> dict[str, object]:
        return {"llm_calls": len(self.asked), "api_calls": len(self.services), "files": 0}

    async def complete(self, body: Body) -> Completion:
        return await SandboxProvider().complete(self._call(body))

    async def stream(self, body: Body) -> AsyncGenerator[Chunk, None]:
        async for chunk in SandboxProvider().stream(self._call(body)):
            yield chunk

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
