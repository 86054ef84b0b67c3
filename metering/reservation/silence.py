"""Whether a chunk of a stream holds any part of an answer: what only begins one can be said again by another vendor."""

from typing import Any

from msgspec import DecodeError, Struct, json

from metering.ports import VendorChunk

SILENT = frozenset({"message_start", "ping", "response.created", "response.in_progress", "response.queued"})
"""Types of events that hold no part of an answer."""
TEXT_BLOCKS = frozenset({"text", "thinking"})
"""Blocks of a Message that say something by their deltas alone; a tool's block begins with its name."""
TEXT_ITEMS = frozenset({"message", "reasoning"})
"""Items of a Response of which the same is true."""
WORDS = ("text", "thinking", "refusal", "content", "summary")
"""Fields in which a block, an item or a part says something."""
MAX_KEPT_CHUNKS, MAX_KEPT_BYTES = 300, 256 * 1024
"""Of what says nothing, at the beginning of a stream, before it is handed on."""


class _Choice(Struct):
    delta: dict[str, Any] | None = None
    finish_reason: str | None = None


class _Event(Struct):
    choices: list[_Choice] | None = None
    type: str | None = None
    """Of an event in a protocol whose events have types."""
    content_block: dict[str, Any] | None = None
    item: dict[str, Any] | None = None
    part: dict[str, Any] | None = None


_decode = json.Decoder(_Event).decode


def says_something(chunk: VendorChunk) -> bool:
    """Whether a chunk holds any part of an answer, and more than a role or the beginning of an empty block."""
    if chunk.usage is not None:
        return True
    if not chunk.data:
        return False
    try:
        event = _decode(chunk.data)
    except DecodeError:
        return True  # of another form than known: it may be any part
    if event.choices is None:
        return not _only_begins(event)
    return any(
        choice.finish_reason is not None
        or any(value and name != "role" for name, value in (choice.delta or {}).items())
        for choice in event.choices
    )


def _only_begins(event: _Event) -> bool:
    """Whether an event with a type begins something that is still empty."""
    match event.type:
        case "content_block_start":
            begun, has_words_later = event.content_block, TEXT_BLOCKS
        case "response.output_item.added":
            begun, has_words_later = event.item, TEXT_ITEMS
        case "response.content_part.added" | "response.reasoning_summary_part.added":
            return event.part is not None and not _has_words(event.part)
        case _:
            return event.type in SILENT
    return begun is not None and begun.get("type") in has_words_later and not _has_words(begun)


def _has_words(given: dict[str, Any]) -> bool:
    return any(given.get(name) for name in WORDS)


class KeptBack:
    """The chunks of one attempt that are kept back because they say nothing yet."""

    def __init__(self) -> None:
        self.chunks: list[VendorChunk] = []
        self._bytes = 0

    def add(self, chunk: VendorChunk) -> None:
        """Keep one more chunk back."""
        self.chunks.append(chunk)
        self._bytes += len(chunk.data)

    @property
    def is_full(self) -> bool:
        """Whether so much is kept that it has to be handed on, though it says nothing."""
        return len(self.chunks) > MAX_KEPT_CHUNKS or self._bytes > MAX_KEPT_BYTES
