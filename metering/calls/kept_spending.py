"""An allowance that spends nothing: the vendor's answer is there already."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from metering.amounts import NOTHING
from metering.answer_cache.entry import Entry
from metering.answer_cache.forms import AnswerForms
from metering.answer_cache.part import CONTENT, ONLY_USAGE
from metering.catalog.served import ServedModel
from metering.ledger.commands import Attempt
from metering.ports import AllowanceSpent, Body, ModelUsage, VendorAnswer, VendorChunk
from metering.reservation.reserve import Hold
from metering.reservation.task_usage import task_usage
from metering.types import Outcome

T = TypeVar("T")


class NothingUsed(Struct, frozen=True, kw_only=True):
    """Implements Usage."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_1h_tokens: int = 0
    cache_write_12h_tokens: int = 0
    tool_calls: dict[str, int] = {}
    vendor_cost_nano_usd: int | None = None
    estimate_reason: str = ""
    reported: str = ""
    service_tier: str = ""
    answered_by: str = ""
    parts: tuple[ModelUsage, ...] = ()


NOTHING_USED = NothingUsed()


class KeptAnswer(Struct, frozen=True, kw_only=True):
    """Implements VendorAnswer."""

    body: bytes
    model: str
    usage: NothingUsed = NOTHING_USED
    unfinished: bool = False


class KeptChunk(Struct, frozen=True, kw_only=True):
    """Implements VendorChunk."""

    data: bytes
    model: str
    only_usage: bool
    usage: NothingUsed | None
    unfinished: bool = False


class KeptSpending:
    """Implements Spending for work that is answered from the cache. It is settled as one attempt that cost nothing."""

    def __init__(
        self, entry: Entry, forms: AnswerForms, *, hold: Hold, model: ServedModel, now: datetime
    ) -> None:
        """`model` is the one that gave the answer, where it is still there."""
        self.model = self.first_model = model
        self._entry = entry
        self._meant_for = hold.labels.request_model
        self._forms = forms
        self._now = now
        self._since_s = time.monotonic()
        self.id = str(hold.reservation_id)
        self.attempts: list[Attempt] = []
        self.attempts_begun = 0
        """No vendor was asked."""
        self.vendor_s = 0.0
        self.input_limit = self.steps_left = self.api_calls_left = self.files_left = 0

    def try_no_more(self) -> None:
        """Nothing is tried anyway."""

    def usage(self) -> dict[str, object]:
        return task_usage(NOTHING, 0)

    def has_spent(self) -> bool:
        return False

    def count_tokens(self, text: str) -> int:
        return len(text)

    def seal(self) -> tuple[Attempt, ...]:
        """The attempt that says whose answer it was, and what it saved."""
        attempt = Attempt(
            number=1,
            provider_name=self._entry.provider_name,
            response_model=self._entry.response_model,
            started_at=self._now,
            latency_ms=round((time.monotonic() - self._since_s) * 1000),
            outcome=Outcome.CACHED,
            list_cost_nano_usd=self._entry.list_cost_nano_usd,
            request_model=self._entry.model if self._entry.model != self._meant_for else "",
        )
        return (attempt,)

    async def complete(self, body: Body) -> VendorAnswer:
        """The answer as it came, or put together from its events."""
        parts = [part.data for part in self._entry.parts()]
        whole = self._forms.whole_of(parts) if self._entry.is_streamed else b"".join(parts)
        return KeptAnswer(body=whole, model=self._entry.response_model)

    async def stream(self, body: Body) -> AsyncGenerator[VendorChunk, None]:
        """Its events as they came, or those of the whole answer."""
        entry = self._entry
        parts = entry.parts() if entry.is_streamed else self._forms.events_of(next(entry.parts()).data)
        for data, mark in parts:
            yield KeptChunk(
                data=data,
                model=entry.response_model,
                only_usage=mark == ONLY_USAGE,
                usage=None if mark == CONTENT else NOTHING_USED,
            )

    async def call_api(self, service: str, send: Callable[[], Awaitable[T]]) -> T:
        raise AllowanceSpent("A kept answer makes no search calls.")

    async def add_file(self) -> None:
        raise AllowanceSpent("A kept answer has no files.")
