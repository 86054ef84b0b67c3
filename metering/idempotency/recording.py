"""What a keyed call answers, written down while it is given: packed at once, so that a long stream stays small."""

import zlib
from collections.abc import Coroutine, Iterator
from typing import Any

from msgspec import Struct

from metering.errors import VendorError, VendorTimeout

MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""A longer answer is not kept."""
MAX_PACKED_BYTES = 1024 * 1024
"""Nor one that is longer than this when it is packed."""
LENGTH_BYTES = 4


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
        content = zlib.decompress(self.packed)
        place = 0
        while place < len(content):
            start = place + LENGTH_BYTES
            place = start + int.from_bytes(content[place:start], "big")
            yield content[start:place]


class Recording:
    """The answer of one running call, as long as it is short enough to be kept."""

    def __init__(self) -> None:
        # A small window: 30 KB for each running call, and events of one stream repeat themselves closely.
        self._packer = zlib.compressobj(level=1, wbits=12, memLevel=5)
        self._packed: list[bytes] = []
        self._bytes = 0
        self._packed_bytes = 0
        self._ended = False
        self._failure: Failure | None = None

    def add(self, part: bytes) -> None:
        """One event, or the whole answer."""
        self._bytes += len(part)
        if self._is_too_long():
            self._packed.clear()
            return
        self._pack(self._packer.compress(len(part).to_bytes(LENGTH_BYTES, "big") + part))

    def end(self) -> None:
        """That was all of it."""
        self._ended = True

    def fail(self, error: VendorError) -> None:
        """The vendor failed after what was added."""
        self._ended = True
        self._failure = Failure(
            timed_out=isinstance(error, VendorTimeout), message=error.message, status=error.status
        )

    async def whole(self, work: Coroutine[Any, Any, bytes]) -> bytes:
        """The work's answer, written down."""
        output = await work
        self.add(output)
        self.end()
        return output

    def finished(self, *, model: str, provider_name: str, mode: str, streamed: bool) -> FinishedAnswer | None:
        """What can be kept; None for an answer that was stopped, or is too long. Asked once."""
        if not self._ended or self._is_too_long():
            return None
        self._pack(self._packer.flush())
        if self._is_too_long():
            return None
        return FinishedAnswer(
            model=model,
            provider_name=provider_name,
            mode=mode,
            streamed=streamed,
            packed=b"".join(self._packed),
            failure=self._failure,
        )

    def _pack(self, packed: bytes) -> None:
        self._packed.append(packed)
        self._packed_bytes += len(packed)

    def _is_too_long(self) -> bool:
        return self._bytes > MAX_ANSWER_BYTES or self._packed_bytes > MAX_PACKED_BYTES
