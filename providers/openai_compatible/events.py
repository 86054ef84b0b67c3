"""Server-sent events out of a byte stream: the data of each, however the bytes were cut."""

import json

from providers.openai_compatible.errors import broken

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""Of one event: a picture in it may have several megabytes."""
MAX_STREAM_BYTES = 64 * 1024 * 1024
"""For a vendor that never ends; the call's deadline is the other bound."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NAMED_ERROR = frozenset({b"event: error", b"event:error"})


class EventTooLarge(ValueError):
    """One event is longer than the bound."""


class EventParser:
    """Bytes in, data of whole events out. Comments and other fields than `data` are left out, but an event that is
    named `error` becomes an error object.
    """

    def __init__(self, max_event_bytes: int) -> None:
        self._max_event_bytes = max_event_bytes
        self._begun = False
        self._unended = bytearray()
        """What there is of an event that has not ended: each byte is looked at once, however many pieces there are."""
        self._held = b""
        """Line ends, or half of a byte order mark, whose meaning depends on the bytes that follow."""

    def feed(self, data: bytes) -> list[bytes]:
        """The events that these bytes complete. Raises EventTooLarge."""
        is_between = not self._unended and not self._held
        if is_between and len(data) <= self._max_event_bytes and _is_one_event(data):
            self._begun = True
            return [data[6:-2]]
        data = self._held + data
        if not self._begun:
            if len(data) < len(BYTE_ORDER_MARK) and BYTE_ORDER_MARK.startswith(data):
                self._held = data
                return []
            self._begun, data = True, data.removeprefix(BYTE_ORDER_MARK)
        if b"\r" in data:
            # JSON holds no bare line ends. A CR at the very end may be half of one, so it waits.
            whole = data.removesuffix(b"\r")
            data = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + data[len(whole) :]
        *blocks, rest = data.split(b"\n\n")
        if blocks:
            blocks[0] = bytes(self._unended) + blocks[0]
            self._unended.clear()
        part = rest.rstrip(b"\r\n")
        self._held = rest[len(part) :]
        self._unended += part
        if max(len(self._unended), *map(len, blocks), 0) > self._max_event_bytes:
            raise EventTooLarge
        return [event for block in blocks if (event := _data_of(block))]

    def end(self) -> list[bytes]:
        """A last event that lacks its blank line: vendors forget it after `[DONE]`."""
        event = _data_of(bytes(self._unended))
        self._unended.clear()
        self._held = b""
        return [event] if event else []


class BoundedEvents:
    """The events of one vendor's stream. Raises ProviderError where one of them, or all together, are too long."""

    def __init__(self) -> None:
        self._parser = EventParser(MAX_EVENT_BYTES)
        self._length = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The events that these bytes complete."""
        self._length += len(data)
        if self._length > MAX_STREAM_BYTES:
            raise broken(f"its stream is longer than {MAX_STREAM_BYTES:,} bytes")
        try:
            return self._parser.feed(data)
        except EventTooLarge:
            raise broken(f"an event of its stream is longer than {MAX_EVENT_BYTES:,} bytes") from None

    def end(self) -> list[bytes]:
        """A last event that lacks its blank line."""
        return self._parser.end()


def _is_one_event(data: bytes) -> bool:
    """The usual case, looked at first: vendors send one event at a time, on one line."""
    return (
        data.startswith(b"data: ")
        and data.endswith(b"\n\n")
        and 6 < data.find(b"\n") == len(data) - 2
        and b"\r" not in data
    )


def _data_of(block: bytes) -> bytes:
    if block.startswith(b"data: ") and b"\n" not in block:
        return block[6:]
    lines = block.split(b"\n")
    data = b"\n".join([line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:")])
    return _error_object(data) if data and not NAMED_ERROR.isdisjoint(lines) else data


def _error_object(data: bytes) -> bytes:
    """Some vendors say only by the event's name that this is one."""
    is_json = data.lstrip().startswith((b"{", b"[", b'"'))
    return b'{"error":%b}' % (data if is_json else json.dumps(data.decode("utf-8", "replace")).encode())
