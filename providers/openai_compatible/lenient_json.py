"""JSON as vendors write it: what the SDKs' own decoders read is read here too, and nothing else escapes.

msgspec is fast and strict. Python's decoder takes the rest that is on the wire: half of a surrogate pair (an emoji cut
in two), NaN and Infinity, a byte order mark, UTF-16.
"""

import json
from typing import Any

import msgspec


class NotJson(ValueError):
    """The bytes are no JSON, or are nested too deeply."""


def decode_lenient(data: bytes) -> Any:
    """The value. Raises NotJson, whatever the bytes are."""
    try:
        return json.loads(data)
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


def encode_lenient(value: object) -> bytes:
    """What was decoded here as JSON again, also where it holds half of a surrogate pair."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
