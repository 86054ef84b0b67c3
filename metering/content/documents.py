"""The texts of requests and answers, whatever their protocol, and what is private in them.

A stream brings its texts in pieces, and a card's number may come in three of them. So texts that stand at the same
place of events of the same kind are read as one, and what was found is taken out of the pieces that it lies in.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from metering.content.redact import Finder, Found, find, replaced

LEAST_NUMBER = 10**11
"""A smaller number can be no card's."""
SEALED = frozenset({"signature", "thoughtSignature", "encrypted_content", "file_data", "b64_json"})
HOLD_BYTES = ("redacted_thinking", "base64")
"""Types of the objects whose `data` is no text."""
ORDINALS = ("type", "index", "item_id", "output_index", "content_index", "summary_index")
"""What says of an event of a stream to which text it belongs."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a document, and where it stands."""

    holder: Any
    """The object or the list that it is in."""
    key: Any
    path: str
    """`messages[0].content`."""
    text: str


def pieces_of(document: Any) -> Iterator[Piece]:
    """Every text of a document, in its order; long numbers too. Pictures and sounds are none."""
    waiting: list[tuple[Any, Any, str]] = [([document], 0, "")]
    while waiting:
        holder, key, path = waiting.pop()
        value = holder[key]
        if isinstance(value, str):
            if not is_data(value):
                yield Piece(holder, key, path, value)
        elif isinstance(value, dict):
            dot = "." if path else ""
            names = [name for name in reversed(value) if not is_opaque(value, name)]
            waiting += [(value, name, f"{path}{dot}{name}") for name in names]
        elif isinstance(value, list):
            places = range(len(value) - 1, -1, -1)
            waiting += [(value, place, f"{path}[{_ordinal(value[place], place)}]") for place in places]
        elif isinstance(value, int) and abs(value) >= LEAST_NUMBER:
            yield Piece(holder, key, path, str(value))


def _ordinal(value: Any, place: int) -> int:
    """The place that a part of a streamed text has in the end: it says so itself."""
    said = value.get("index") if isinstance(value, dict) else None
    return said if isinstance(said, int) else place


def is_data(text: str) -> bool:
    """Whether it is a picture or a sound, written as text."""
    return text.startswith("data:") and ";base64," in text[:120]


def is_opaque(holder: dict[str, Any], name: str) -> bool:
    """Whether it is what nobody reads: a file's bytes, a signature, thoughts that are sealed. To take anything out of
    such would spoil it.
    """
    if name in SEALED:
        return isinstance(holder[name], str)
    return name == "data" and bool(
        {"media_type", "format"} & holder.keys() or holder.get("type") in HOLD_BYTES
    )


def copied(document: Any) -> Any:
    """A copy that may be changed."""
    return msgspec.json.decode(msgspec.json.encode(document))


def redact_in_place(documents: Sequence[Any], more: Finder | None = None) -> Counter[str]:
    """Put words in the place of what is private, and count it by kind. Several documents are the events of a stream."""
    texts: dict[tuple[Any, ...], list[Piece]] = {}
    for document in documents:
        belongs_to = _text_of_event(document) if len(documents) > 1 else ()
        for piece in pieces_of(document):
            texts.setdefault((*belongs_to, piece.path), []).append(piece)
    counted: Counter[str] = Counter()
    for pieces in texts.values():
        counted.update(_redact_pieces(pieces, more))
    return counted


def _text_of_event(event: Any) -> tuple[Any, ...]:
    if not isinstance(event, dict):
        return ()
    return tuple(str(event.get(name, "")) for name in ORDINALS)


def _redact_pieces(pieces: list[Piece], more: Finder | None) -> Counter[str]:
    whole = "".join([piece.text for piece in pieces])
    found = find(whole, more)
    counted = Counter(each.kind for each in found)
    place = 0
    for piece in pieces:
        end = place + len(piece.text.encode("utf-8", "replace"))
        within = _within(found, place, end)
        # What is whole in one piece may lie between letters of others, where it is not seen in the whole.
        if len(pieces) > 1 and not within and (alone := find(piece.text, more)):
            counted.update(each.kind for each in alone)
            piece.holder[piece.key] = replaced(piece.text, alone)
        elif within:
            piece.holder[piece.key] = _cut_out(piece.text, within)
        place = end
    return counted


def _within(found: list[Found], start: int, end: int) -> list[tuple[int, int, str]]:
    """Which bytes of a piece go, and what comes instead: the word stands in the piece where the thing begins."""
    return [
        (
            max(each.start, start) - start,
            min(each.end, end) - start,
            each.placeholder if each.start >= start else "",
        )
        for each in found
        if each.start < end and each.end > start
    ]


def _cut_out(text: str, parts: list[tuple[int, int, str]]) -> str:
    raw = text.encode("utf-8", "replace")
    kept: list[bytes] = []
    place = 0
    for start, end, word in parts:
        kept += (raw[place:start], word.encode())
        place = end
    return b"".join((*kept, raw[place:])).decode("utf-8", "replace")
