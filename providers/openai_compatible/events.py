"""Server-sent events out of a byte stream: the data of each, however the bytes were cut."""

import json

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
        self._rest: list[bytes] = []
        """What has come of an event so far. It is joined once it may be whole, so that a long one is not copied for
        each piece of it."""
        self._length = 0
        self._begun = False

    def feed(self, data: bytes) -> list[bytes]:
        """The events that these bytes complete. Raises EventTooLarge."""
        if not self._rest and len(data) <= self._max_event_bytes and _is_one_event(data):
            self._begun = True
            return [data[6:-2]]
        if self._rest:
            if not _may_end_here(self._rest[-1], data):
                return self._keep(data)
            data = b"".join([*self._rest, data])
            self._rest.clear()
        if not self._begun and len(data) >= len(BYTE_ORDER_MARK):
            self._begun, data = True, data.removeprefix(BYTE_ORDER_MARK)
        if b"\r" in data:
            # JSON holds no bare line ends. A CR at the very end may be half of one, so it waits.
            whole = data.removesuffix(b"\r")
            data = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n") + data[len(whole) :]
        *blocks, rest = data.split(b"\n\n")
        if any(len(block) > self._max_event_bytes for block in blocks):
            raise EventTooLarge
        self._length = 0
        self._keep(rest)
        return [event for block in blocks if (event := _data_of(block))]

    def _keep(self, part: bytes) -> list[bytes]:
        """No event yet."""
        self._length += len(part)
        if self._length > self._max_event_bytes:
            raise EventTooLarge
        if part:
            self._rest.append(part)
        return []

    def end(self) -> list[bytes]:
        """A last event that lacks its blank line: vendors forget it after `[DONE]`."""
        rest = b"".join(self._rest).rstrip(b"\r\n")
        self._rest.clear()
        event = _data_of(rest)
        return [event] if event else []


def _may_end_here(before: bytes, data: bytes) -> bool:
    """Whether an event may end in `data`, which follows on `before`."""
    return b"\n\n" in data or b"\r" in data or before[-1:] in (b"\n", b"\r")


def _is_one_event(data: bytes) -> bool:
    """The usual case, looked at first: vendors send one event at a time, on one line."""
    return (
        data.startswith(b"data: ")
        and data.endswith(b"\n\n")
        and data.find(b"\n") == len(data) - 2
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
