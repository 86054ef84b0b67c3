"""JSON as vendors write it: what the SDKs' own decoders read is read here too, and nothing else escapes.

msgspec is fast and strict. Python's decoder takes the rest that is on the wire: half of a surrogate pair (an emoji cut
in two), NaN and Infinity, a byte order mark, UTF-16.
"""

import json
from typing import Any

import msgspec

MAX_DIGITS = 4_000


class NotJson(ValueError):
    """The bytes are no JSON, or are nested too deeply."""


def decode_lenient(data: bytes) -> Any:
    """The value. Raises NotJson, whatever the bytes are."""
    try:
        return json.loads(data, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise NotJson(type(error).__name__) from None


def decode_object(data: bytes) -> dict[str, Any]:
    """A JSON object, also where it is the only item of a list. Raises NotJson."""
    value = decode_lenient(data)
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if not isinstance(value, dict):
        raise NotJson("no object")
    return value


def as_object(data: bytes) -> bytes:
    """What was read as an answer, as every client reads it: one object in UTF-8, half of a surrogate pair escaped.

    Bytes that are no UTF-8, in fields that the fast decoder skips, are replaced.
    """
    if data[:1] == b"{" and data[1:2] != b"\0" and _is_utf8(data):
        return data
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding, "surrogatepass").strip()
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace").strip()
    return text.encode("utf-8", "backslashreplace") if text[0] == "{" else encode_lenient(decode_object(data))


def on_one_line(data: bytes) -> bytes:
    """The same, as an event of a stream carries it. Line ends in JSON are blanks."""
    if data[:1] == b"{" and data.isascii() and b"\n" not in data and data[1:2] != b"\0":  # nearly always
        return data
    return as_object(data).replace(b"\n", b" ")


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _integer(digits: str) -> int | float:
    """Python makes no integer of thousands of digits."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


def encode_lenient(value: object) -> bytes:
    """What was decoded here as JSON again, also where it holds half of a surrogate pair. Raises NotJson."""
    try:
        try:
            return msgspec.json.encode(value)
        except UnicodeEncodeError:
            return json.dumps(value, separators=(",", ":")).encode()
    except RecursionError:
        raise NotJson("nested too deeply") from None
