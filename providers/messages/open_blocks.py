"""The blocks of a streamed Message, of which one is open at a time.

Chat vendors may send pieces of several tool calls in turn. The protocol's clients expect each block to end before the
next begins, so what comes while a call is open whose arguments are not whole waits until they are.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from providers.messages.answer import block_of, made_id
from providers.messages.carried import carrying
from providers.messages.ids import tool_id
from providers.messages.said import THINKING, function_in
from providers.messages.streamed_call import StreamedCall
from providers.openai_compatible.errors import broken

Event = dict[str, Any]
MAX_CALLS = 1_024
"""Tool calls of one answer."""
UNNUMBERED = -1
"""The number of calls to which their vendor gives none."""


class OpenBlocks:
    """Makes the events of content blocks from pieces of text and of tool calls."""

    def __init__(self, message_id: str) -> None:
        self._message_id = message_id
        self._next = 0
        """The number of the next block."""
        self._kind = ""
        """Of an open block of text."""
        self._call: StreamedCall | None = None
        """The open call."""
        self._calls: dict[int, StreamedCall] = {}
        """By their number; where a vendor gives one number to several calls, the last of them."""
        self._begun = 0
        self._waiting: deque[StreamedCall | tuple[str, str]] = deque()
        """Calls and texts that come after the open call, in the order in which they began."""

    @property
    def has_calls(self) -> bool:
        return self._begun > 0

    def text(self, kind: str, text: str) -> Iterator[Event]:
        """A piece of text."""
        if self._call is not None and not self._call.is_whole:
            self._waiting.append((kind, text))
        else:
            yield from self._tell_text(kind, text)

    def call(self, piece: Mapping[str, Any]) -> Iterator[Event]:
        """A piece of a tool call."""
        call, is_new = self._call_of(piece)
        call.add(piece)
        if is_new:
            self._waiting.append(call)
        yield from self._go_on()

    def close(self) -> Iterator[Event]:
        """End what is open, and tell what waits."""
        yield from self._go_on(is_end=True)
        yield from self._stop()

    def _call_of(self, piece: Mapping[str, Any]) -> tuple[StreamedCall, bool]:
        """The call that a piece belongs to, and whether it begins with it."""
        number, given = piece.get("index"), piece.get("id")
        number = number if isinstance(number, int) else UNNUMBERED
        given = given if isinstance(given, str) else ""
        known = self._calls.get(number)
        if known is not None and not known.is_followed_by(given, function_in(piece)[0]):
            return known, False
        if self._begun >= MAX_CALLS:
            raise broken(f"its answer holds more than {MAX_CALLS:,} tool calls")
        id = tool_id(given) if given else made_id(self._message_id, self._begun)
        call = self._calls[number] = StreamedCall(id, given)
        self._begun += 1
        return call, True

    def _go_on(self, *, is_end: bool = False) -> Iterator[Event]:
        """Tell what the open call has got, and what waits for its end, as far as it may be told."""
        while True:
            if self._call is not None:
                yield from self._tell_arguments(self._call)
            if not self._waiting or not (is_end or self._call is None or self._call.is_whole):
                return
            following = self._waiting[0]
            if isinstance(following, StreamedCall):
                if not (following.name or is_end):
                    return
                self._waiting.popleft()
                yield from self._begin_call(following)
            else:
                self._waiting.popleft()
                yield from self._tell_text(*following)

    def _tell_text(self, kind: str, text: str) -> Iterator[Event]:
        if self._kind != kind:
            yield from self._stop()
            self._kind = kind
            yield self._start(block_of(kind, ""))
        name = "thinking" if kind == THINKING else "text"
        yield self._delta({"type": f"{name}_delta", name: text})

    def _begin_call(self, call: StreamedCall) -> Iterator[Event]:
        yield from self._stop()
        yield from self._tell_extra(call)
        self._call = call
        yield self._start({"type": "tool_use", "id": call.id, "name": call.name, "input": {}})

    def _tell_arguments(self, call: StreamedCall) -> Iterator[Event]:
        for text in call.untold:
            yield self._delta({"type": "input_json_delta", "partial_json": text})
        call.untold.clear()

    def _tell_extra(self, call: StreamedCall) -> Iterator[Event]:
        """What its vendor wants back with it, in a block of its own."""
        if call.extra is None or call.is_extra_told:
            return
        call.is_extra_told = True
        if (block := carrying(call.id, call.extra)) is not None:
            yield self._start(block)
            yield self._end_of_block()

    def _stop(self) -> Iterator[Event]:
        """End the open block, if there is one."""
        call, self._call = self._call, None
        if call is None and not self._kind:
            return
        self._kind = ""
        yield self._end_of_block()
        if call is not None:
            call.is_closed = True
            yield from self._tell_extra(call)

    def _start(self, block: Mapping[str, Any]) -> Event:
        return {"type": "content_block_start", "index": self._next, "content_block": block}

    def _delta(self, delta: Mapping[str, Any]) -> Event:
        return {"type": "content_block_delta", "index": self._next, "delta": delta}

    def _end_of_block(self) -> Event:
        number = self._next
        self._next += 1
        return {"type": "content_block_stop", "index": number}
