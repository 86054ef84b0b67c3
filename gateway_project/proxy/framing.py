"""How a protocol writes the events of a stream, and how it ends one, well or with an error."""

from typing import Protocol

import msgspec
from msgspec import Struct

from gateway_project.http.errors import error_body, error_headers, status_of
from gateway_project.http.shapes import shaped
from metering.errors import MeteringError
from providers.openai_compatible.lenient_json import NotJson, decode_object

DONE = b"data: [DONE]\n\n"


class _Typed(Struct):
    type: str = ""


UNTYPED = "message"
"""How clients take an event without a name."""
MAX_NAME = 128
_typed = msgspec.json.Decoder(_Typed).decode
_encode = msgspec.json.Encoder().encode


class Framing(Protocol):
    """Writes one stream."""

    def event(self, event: bytes) -> bytes:
        """An event's JSON as it goes out; empty: nothing does."""
        ...

    def end(self) -> bytes:
        """What goes out once all events have."""
        ...

    def failed(self, error: MeteringError, request_id: str) -> bytes:
        """The last event of a stream that ends with an error."""
        ...


class ChatFraming:
    """Of chat completions: no names, and `[DONE]` at the end, unless it failed."""

    def event(self, event: bytes) -> bytes:
        return plainly(event)

    def end(self) -> bytes:
        return DONE

    def failed(self, error: MeteringError, request_id: str) -> bytes:
        return plainly(_encode(error_body(error, request_id)))


class MessagesFraming:
    """Of Anthropic's Messages: each event is named by its type."""

    def __init__(self, path: str) -> None:
        self._path = path

    def event(self, event: bytes) -> bytes:
        return named(event)

    def end(self) -> bytes:
        return b""

    def failed(self, error: MeteringError, request_id: str) -> bytes:
        body = shaped(error_body(error, request_id), path=self._path, status=status_of(error))
        return b"event: error\n" + plainly(_encode(body))


class ResponsesFraming:
    """Of OpenAI's Responses: each event is named by its type and has a number."""

    def __init__(self) -> None:
        self._sent = 0

    def event(self, event: bytes) -> bytes:
        self._sent += 1
        return named(event)

    def end(self) -> bytes:
        return b""

    def failed(self, error: MeteringError, request_id: str) -> bytes:
        """OpenAI's SDK reads `error`; the protocol's own fields stand beside it."""
        body = error_body(error, request_id)
        own = {name: body["error"][name] for name in ("code", "message", "param")}
        event = {"type": "error", "sequence_number": self._sent, **own, **body}
        return b"event: error\n" + plainly(_encode(event))


def plainly(event: bytes) -> bytes:
    """Frame an event without a name."""
    return b"data: " + event + b"\n\n"


def named(event: bytes) -> bytes:
    """An event named by its type."""
    return b"event: %b\ndata: %b\n\n" % (_name_of(event).encode(), event)


def _name_of(event: bytes) -> str:
    """Vendors' events pass as they came, so there is nothing that the type cannot be."""
    try:
        name = _typed(event).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        name = _read_leniently(event)
    return name if name.isascii() and name.isprintable() and 0 < len(name) <= MAX_NAME else UNTYPED


def _read_leniently(event: bytes) -> str:
    try:
        name = decode_object(event).get("type")
    except NotJson:
        return ""
    return name if isinstance(name, str) else ""


def retry_after_s(error: MeteringError) -> float:
    """When to come back, as the header says; 0 where there is none."""
    return float(error_headers(error, "").get("retry-after", 0))
