"""What a caller with a bare socket has heard so far, taken apart."""

import json
from dataclasses import dataclass
from typing import Any

COMMENT = b": keep-alive"
DONE = b"data: [DONE]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def blocks(self) -> list[bytes]:
        """The whole blocks of a stream in order: comments, events, [DONE]."""
        return self.body.split(b"\n\n")[:-1]

    @property
    def events(self) -> list[dict[str, Any]]:
        """A stream's events. A ValueError: something got into one, or is neither event, comment nor [DONE]."""
        blocks = [block for block in self.blocks if block not in (COMMENT, DONE)]
        return [json.loads(block.removeprefix(b"data: ")) for block in blocks]

    @property
    def error(self) -> dict[str, Any]:
        """The error, whether as a plain answer or as the last event of a stream."""
        last: dict[str, Any] = (
            self.events[-1] if self.headers.get("transfer-encoding") else json.loads(self.body)
        )
        error: dict[str, Any] = last["error"]
        return error


def heard(received: bytes) -> Heard:
    """A connection's first answer, whole or not; of a head that is not whole, nothing."""
    if b"\r\n\r\n" not in received:
        return Heard(status=0, headers={}, body=b"")
    head, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    body = _dechunked(rest) if headers.get("transfer-encoding") == "chunked" else rest
    return Heard(status=int(first.split()[1]), headers=headers, body=body)


def _dechunked(rest: bytes) -> bytes:
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body += rest[:length]
        rest = rest[length + 2 :]
    return body
