"""What a keyed call answers, written down while it is given: packed at once, so that a long stream stays small."""

from collections.abc import Coroutine, Iterator
from typing import Any

from msgspec import Struct

from metering.errors import VendorError, VendorTimeout
from metering.packed import PackedParts, parts_of

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""A longer answer is not kept."""
MAX_PACKED_BYTES = 1024 * 1024
"""Nor one that is longer than this when it is packed."""


class Failure(Struct, frozen=True, kw_only=True):
    """How a vendor failed after it may have been paid."""

    timed_out: bool
    message: str
    status: int | None

    def as_error(self) -> VendorError:
        """The error as it was raised, marked as replayed: asking again under the same key changes nothing."""
        kind = VendorTimeout if self.timed_out else VendorError
        return kind(self.message, retryable=False, status=self.status, replayed=True)


class FinishedAnswer(Struct, frozen=True, kw_only=True):
    """A call's answer: one part if it is whole, else the events of its stream, then its failure if it failed."""

    model: str
    provider_name: str
    mode: str
    streamed: bool
    packed: bytes
    failure: Failure | None = None

    def parts(self) -> Iterator[bytes]:
        """What was given to the caller, in order."""
        return parts_of(self.packed)


class Recording:
    """The answer of one running call, as long as it is short enough to be kept."""

    def __init__(self) -> None:
        self.is_streamed = False
        """Whether it is given as a stream. Not every task's request says so in its body."""
        self._parts = PackedParts(most_bytes=MAX_ANSWER_BYTES, most_packed=MAX_PACKED_BYTES)
        self._ended = False
        self._failure: Failure | None = None

    def add(self, part: bytes) -> None:
        """Write down one event, or the whole answer."""
        self._parts.add(part)

    def end(self) -> None:
        """Note that the answer is whole."""
        self._ended = True

    def fail(self, error: VendorError) -> None:
        """Note that the vendor failed after what was added."""
        self._ended = True
        self._failure = Failure(
            timed_out=isinstance(error, VendorTimeout), message=error.message, status=error.status
        )

    async def whole(self, work: Coroutine[Any, Any, bytes]) -> bytes:
        """Do the work, write its answer down, and return it."""
        output = await work
        self.add(output)
        self.end()
        return output

    def finished(self, *, model: str, provider_name: str, mode: str) -> FinishedAnswer | None:
        """What can be kept; None for an answer that was stopped, or is too long. Asked once."""
        packed = self._parts.finish() if self._ended else None
        if packed is None:
            return None
        return FinishedAnswer(
            model=model,
            provider_name=provider_name,
            mode=mode,
            streamed=self.is_streamed,
            packed=packed,
            failure=self._failure,
        )
