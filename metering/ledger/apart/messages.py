"""What the server and its ledger process say to each other: messages over a stream of bytes, in either direction.

A message is the length of what follows (4 bytes), a number by which an answer finds its command (8 bytes), its kind
(one byte), all big-endian, and its content in MessagePack. Both ends are always of one release: one starts the other.
"""

from collections.abc import Iterator
from struct import Struct as Layout
from typing import Any

import msgspec

from metering.errors import InvalidRequest, LedgerOverloaded, MeteringError, MeteringUnavailable
from metering.ledger.commands import Adjust, Command, Expire, Extend, Release, Reserve, ReserveLate, Settle
from metering.ledger.results import Denied, Ended, Granted, Refused, Result

HEAD = Layout("!IQB")
LENGTH = Layout("!I")
LONGEST = 64 * 1024 * 1024
"""Bytes. A longer message is none: the stream is broken."""
COMMANDS: tuple[type[Command], ...] = (Reserve, ReserveLate, Settle, Extend, Release, Expire, Adjust)
RESULTS: tuple[type[Result], ...] = (Granted, Ended, Denied, Refused)
ERRORS: tuple[type[MeteringError], ...] = (MeteringUnavailable, LedgerOverloaded, InvalidRequest)
"""What `Ledger.submit` raises; the most general one stands for any other."""
ERROR, STATE, OPEN, CLOSE = 100, 101, 102, 103
"""Kinds of the other messages."""


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """An error instead of a result. `kind` is its place in ERRORS."""

    kind: int
    message: str
    param: str | None

    def error(self) -> MeteringError:
        return ERRORS[self.kind](self.message, param=self.param)


class Open(msgspec.Struct, frozen=True, array_like=True):
    """The first message to the process: which database. It comes this way, since others may read a command line."""

    conninfo: str


class State(msgspec.Struct, frozen=True, array_like=True):
    """What the process tells of itself after each batch."""

    is_reachable: bool
    """Whether the last batch reached the database."""
    waiting: int
    """Commands that no batch has taken yet."""
    commands: int
    """Of the batch that was committed; 0: there was none."""


_CONTENTS: dict[int, Any] = {
    **dict(enumerate(COMMANDS)),
    **{len(COMMANDS) + place: kind for place, kind in enumerate(RESULTS)},
    ERROR: Failure,
    STATE: State,
    OPEN: Open,
}
_KINDS: dict[type, int] = {content: kind for kind, content in _CONTENTS.items()}
_decoders = {kind: msgspec.msgpack.Decoder(content) for kind, content in _CONTENTS.items()}
_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode


def message(number: int, content: Command | Result | Failure | State | Open) -> bytes:
    """Writes a message. Raises InvalidRequest for what cannot be written: half a character, or an endless number."""
    try:
        packed = _encode(content)
    except (OverflowError, UnicodeEncodeError, TypeError) as error:
        raise InvalidRequest("The ledger cannot read this command.") from error
    return HEAD.pack(len(packed) + HEAD.size - LENGTH.size, number, _KINDS[type(content)]) + packed


CLOSING = HEAD.pack(HEAD.size - LENGTH.size, 0, CLOSE)
"""The wish that the process ends, once it has carried out what it has."""


UNREADABLE = Failure(ERRORS.index(InvalidRequest), "The ledger cannot read this command.", None)


def failure(error: Exception) -> Failure:
    """What is said of an error that a command ended with."""
    if not isinstance(error, MeteringError):
        return Failure(0, "The ledger failed.", None)
    kind = next((place for place, each in enumerate(ERRORS) if type(error) is each), 0)
    return Failure(kind, error.message, error.param)


def _content(kind: int, packed: memoryview) -> Any:
    decoder = _decoders.get(kind)
    if decoder is None:
        return None
    try:
        return decoder.decode(packed)
    except msgspec.DecodeError:
        return UNREADABLE


class Inbox:
    """Puts messages together from the pieces in which they arrive."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> Iterator[tuple[int, Any]]:
        """The messages that are whole now: number and content, which is None of CLOSING, and UNREADABLE of a command
        that has something of a wrong type in it.

        Raises ValueError where the bytes are no messages.
        """
        data = self._rest + data if self._rest else data
        at, end, size = 0, len(data), HEAD.size
        view = memoryview(data)
        try:
            while end - at >= size:
                length, number, kind = HEAD.unpack_from(data, at)
                if length > LONGEST:
                    raise ValueError(f"A message of {length} bytes.")
                until = at + LENGTH.size + length
                if until > end:
                    break
                yield number, _content(kind, view[at + size : until])
                at = until
        finally:
            self._rest = data[at:]
