"""How a spool's records stand in its file.

The file begins with MAGIC; zeros follow its last frame, because it is allocated beforehand. A frame is

    digest     8 bytes   BLAKE2b (RFC 7693) of all that follows in the frame
    length     4 bytes   of the record, big-endian
    number     4 bytes   of the record in this file, from 1, big-endian
    record               MessagePack

Each record is written twice, one frame after the other, so that damage to either loses nothing. A reader takes a frame
only with its digest; where one is damaged it looks for the next byte at which a whole frame begins. A number that is
missing below one that is there was lost to damage. What is missing at the end was never acknowledged: a write is
acknowledged after fsync alone.
"""

from hashlib import blake2b
from struct import Struct as Layout
from typing import NamedTuple

import msgspec

from metering.ledger.spool.records import Record, decode, encode

MAGIC = b"LLMSPOOL\x01\0\0\0\0\0\0\0"
HEAD = Layout("!8sII")
DIGEST = 8
COPIES = 2
LONGEST = 1 << 20
"""Bytes of one record."""


class Read(NamedTuple):
    """What was found in a spool file."""

    records: list[Record]
    damaged: int
    """Records of which no whole copy is left, and that may have been acknowledged."""
    torn: bool
    """Whether it ends in something that is no whole frame, as the last write of a process that was killed does."""
    end: int
    """Where the last whole frame ends."""
    last: int
    """The number of the last record."""


def frames(number: int, record: Record) -> bytes:
    """The frames of one record, as they are written."""
    packed = encode(record)
    rest = HEAD.pack(b"\0" * DIGEST, len(packed), number)[DIGEST:] + packed
    return (_digest(rest) + rest) * COPIES


def read(content: bytes) -> Read:
    """The records of a file, in order, each once."""
    view = memoryview(content)
    end = len(content.rstrip(b"\0"))
    found: dict[int, Record] = {}
    unreadable = 0
    at = until = len(MAGIC)
    torn = content[: len(MAGIC)] != MAGIC and end > 0
    while at < end:
        frame = _frame_at(view, at)
        if frame is None:
            torn = True
            at = _next_frame(view, at + 1, end)
            continue
        torn = False
        length, number = frame
        if number not in found:
            try:
                found[number] = decode(view[at + HEAD.size : at + HEAD.size + length])
            except msgspec.DecodeError:  # whole, but of a release that knows other records
                unreadable += 1
        at = until = at + HEAD.size + length
    numbers = sorted(found)
    last = numbers[-1] if numbers else 0
    damaged = max(last - len(numbers), unreadable)
    return Read([found[number] for number in numbers], damaged, torn, until, last)


def _frame_at(view: memoryview, at: int) -> tuple[int, int] | None:
    """Length and number of the whole frame that begins there."""
    if at + HEAD.size > len(view):
        return None
    digest, length, number = HEAD.unpack_from(view, at)
    until = at + HEAD.size + length
    if length > LONGEST or until > len(view) or _digest(view[at + DIGEST : until]) != digest:
        return None
    return length, number


def _next_frame(view: memoryview, at: int, end: int) -> int:
    """Where the next whole frame begins; the end if there is none."""
    while at < end and _frame_at(view, at) is None:
        at += 1
    return at


def _digest(content: bytes | memoryview) -> bytes:
    return blake2b(content, digest_size=DIGEST).digest()
