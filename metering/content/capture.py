"""What a call asks and is answered, written down while it runs, where the rule `log_content` wants it kept."""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from metering.content.bounded import MOST_BYTES
from metering.errors import MeteringError
from metering.policy.values import EffectivePolicy
from metering.ports import Body

KEEP_DAYS = 30
"""Without the rule `keep_content_days`."""
MOST_WHOLE = 4 * 1024 * 1024
"""A whole answer that is longer is not kept: it cannot be cut before it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One ended call, as it is to be kept."""

    reservation_id: UUID
    tenant_id: UUID
    mode: str
    keep_days: int
    at: datetime
    """When it ended."""
    request: Body
    """Not to be changed."""
    answer: tuple[bytes, ...]
    """One part if it came whole, else the events of its stream. Each is JSON."""
    answer_cut: bool
    """Whether there was more."""
    is_streamed: bool
    failure: str
    """The code of the error that it ended with; empty: none."""
    request_id: str
    trace_id: str | None
    task: str
    protocol: str
    model: str
    provider_name: str
    took_ms: int
    input_tokens: int
    output_tokens: int
    cost_nano_usd: int
    weight: int
    """About how many bytes it takes up until it is written."""


class Capture:
    """The answer of one running call, up to a bound."""

    def __init__(self, *, mode: str, keep_days: int) -> None:
        self.mode = mode
        self.keep_days = keep_days
        self.is_streamed = False
        self.is_cut = False
        self.failure = ""
        self.bytes = 0
        self._parts: list[bytes] = []

    @property
    def parts(self) -> tuple[bytes, ...]:
        return tuple(self._parts)

    def event(self, event: bytes) -> None:
        """Write down one event of a stream, as it is handed over."""
        self.is_streamed = True
        self._add(event, MOST_BYTES)

    async def whole(self, work: Coroutine[Any, Any, bytes]) -> bytes:
        """Do the work, write its answer down, and return it."""
        output = await work
        self._add(output, MOST_WHOLE)
        return output

    def fail(self, error: MeteringError) -> None:
        """Write down the error with which the call ended."""
        self.failure = error.code

    def _add(self, part: bytes, most: int) -> None:
        if self.is_cut or self.bytes + len(part) > most:
            self.is_cut = True
            return
        self.bytes += len(part)
        self._parts.append(part)


def capture_for(policy: EffectivePolicy) -> Capture | None:
    """What writes a call down under this policy; None: nothing may."""
    mode = policy.choice("log_content", "off")
    if mode == "off":
        return None
    return Capture(mode=mode, keep_days=policy.number("keep_content_days") or KEEP_DAYS)
