"""Chunks of a chat completion as the events of a Message: one block after the other, its pieces as they come."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.messages.answer import head
from providers.messages.effort import shows_thinking
from providers.messages.ids import message_id
from providers.messages.open_blocks import OpenBlocks
from providers.messages.said import (
    REFUSAL,
    THINKING,
    calls_in,
    first_choice,
    part_of,
    refusal_in,
    texts_in,
)
from providers.messages.stop import stop_of
from providers.messages.usage import NOTHING_YET, running_usage
from providers.port import Usage

Event = dict[str, Any]
MAX_EXPLANATION = 4_096
"""Characters of a refusal that are told again when the answer ends."""


class MessagesEvents:
    """What a stream has said so far."""

    def __init__(self, *, asked: Mapping[str, Any], attempt_id: str) -> None:
        self._asked = asked
        self._attempt_id = attempt_id
        self._shows_thinking = shows_thinking(asked)
        self._blocks: OpenBlocks | None = None
        self._ended: Mapping[str, Any] = {}
        """The choice as it was when it said why it ended."""
        self._refusal = ""

    def feed(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        """The events of a chunk."""
        if self._blocks is None:
            yield self._begin(chunk)
        choice = first_choice(chunk)
        if not choice:
            return
        delta = part_of(choice, "delta")
        blocks = self._open_blocks
        for kind, text in texts_in(delta):
            if kind != THINKING or self._shows_thinking:
                yield from blocks.text(kind, text)
        for call in calls_in(delta):
            yield from blocks.call(call)
        if words := refusal_in(delta):
            self._refusal = (self._refusal + words)[:MAX_EXPLANATION]
            yield from blocks.text(REFUSAL, words)
        if choice.get("finish_reason"):
            self._ended = choice

    def end(self, usage: Usage) -> Iterator[Event]:
        """The events that close the answer."""
        if self._blocks is None:
            yield self._begin({})
        blocks = self._open_blocks
        yield from blocks.close()
        stop = stop_of(self._ended, self._asked, has_calls=blocks.has_calls, refusal=self._refusal)
        yield {"type": "message_delta", "delta": stop, "usage": running_usage(usage)}
        yield {"type": "message_stop"}

    @property
    def finish(self) -> object:
        """Why it ended, in the vendor's word; None: that was not said."""
        return self._ended.get("finish_reason")

    @property
    def _open_blocks(self) -> OpenBlocks:
        if self._blocks is None:
            raise AssertionError("a message begins before it says anything")
        return self._blocks

    def _begin(self, chunk: Mapping[str, Any]) -> Event:
        id = message_id(chunk.get("id"), self._attempt_id)
        self._blocks = OpenBlocks(id)
        message = {
            **head(id, chunk.get("model"), self._asked),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "usage": NOTHING_YET,
        }
        return {"type": "message_start", "message": message}
