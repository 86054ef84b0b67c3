"""The field `object` of answers, for vendors that leave it out."""

WHOLE, CHUNK = b"chat.completion", b"chat.completion.chunk"
_FIELD = b'"object"'
_NEAR = 512
"""Bytes in which it stands where it does."""


def with_object(data: bytes, name: bytes) -> bytes:
    """A JSON object that says what it is, unless it does so already."""
    start = data.index(b"{") + 1
    if _FIELD in data[:_NEAR] or _FIELD in data[-_NEAR:] or data[start:].lstrip().startswith(b"}"):
        return data
    return b'%b"object":"%b",%b' % (data[:start], name, data[start:])
