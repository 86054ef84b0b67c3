"""A document as JSON that is no longer than a bound: long texts are cut first, and say so."""

from typing import Any

import msgspec

from metering.content.documents import pieces_of

MOST_BYTES = 256 * 1024
"""Of a request, and of an answer."""
TEXTS = (64 * 1024, 8 * 1024, 1024, 128)
"""How long texts may be: the first that is short enough."""


def bounded_json(document: Any, most: int = MOST_BYTES) -> tuple[str, bool]:
    """The document, which may be changed, and whether something of it was cut."""
    written = msgspec.json.encode(document)
    if len(written) <= most:
        return written.decode(), False
    for longest in TEXTS:
        document = _shortened(document, longest)
        shorter = msgspec.json.encode(document)
        if len(shorter) <= most:
            return shorter.decode(), True
    begins = written[: most // 2].decode("utf-8", "ignore")
    return msgspec.json.encode({"cut": f"{len(written):,} bytes", "begins_with": begins}).decode(), True


def _shortened(document: Any, longest: int) -> Any:
    holder = [document]
    for piece in list(pieces_of(holder)):
        _shorten(piece.holder, piece.key, longest)
    for held, key in list(_data_of(holder)):
        _shorten(held, key, 64)
    return holder[0]


def _shorten(holder: Any, key: Any, longest: int) -> None:
    text = holder[key]
    if isinstance(text, str) and len(text) > longest:
        holder[key] = f"{text[:longest]} [{len(text) - longest:,} characters cut]"


def _data_of(document: Any) -> Any:
    """Pictures and sounds, which are no texts."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            if isinstance(part, (dict, list)):
                waiting.append(part)
            elif isinstance(part, str) and part.startswith("data:"):
                yield value, key
