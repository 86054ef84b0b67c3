"""Identifiers that are ordered by time (UUID version 7, RFC 9562 section 5.7), and digests.

The first 48 bits of a UUIDv7 are milliseconds since the Unix epoch, so a range of ids is a
range of time: the month partitions of the usage log are ranges of ids. A command is known again by a 64-bit digest
(BLAKE2b, RFC 7693) of its canonical MessagePack form."""

import time
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from random import getrandbits
from uuid import UUID, SafeUUID

from msgspec import Struct, msgpack

_encode = msgpack.Encoder(uuid_format="bytes").encode


_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)
_MARKED = (0xF << 76) | (0b11 << 62)
"""Where the version and the variant are."""
_RANDOM = (1 << 76) - 1 & ~_MARKED
_TIME_SHIFT = 80
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
BEGINNING, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""Between them lies all that can be asked about: every zone has these moments, and there is an id of each."""
MAX_DERIVED = 0xFFFF
_new, _UNKNOWN = UUID.__new__, SafeUUID.unknown
_set_int, _set_is_safe = UUID.__dict__["int"].__set__, UUID.__dict__["is_safe"].__set__
"""A UUID forbids to set its attributes by their names."""


def uuid7(time_ms: int | None = None) -> UUID:
    """A new UUIDv7: 48 bits of milliseconds, 74 random bits."""
    if time_ms is None:
        time_ms = time.time_ns() // 1_000_000
    # Ids are no secrets: any generator will do, and Python seeds this one anew after a fork.
    return _uuid((time_ms << _TIME_SHIFT) | _VERSION_AND_VARIANT | getrandbits(76) & _RANDOM)


def is_uuid7(identifier: UUID) -> bool:
    """Whether it is of version 7, and of the variant that has versions."""
    return identifier.int & _MARKED == _VERSION_AND_VARIANT


def time_ms_of(identifier: UUID) -> int:
    """Milliseconds since the epoch that a UUIDv7 carries."""
    return identifier.int >> _TIME_SHIFT


def moment_of(identifier: UUID) -> datetime | None:
    """The moment that a UUIDv7 tells; None for one that lies outside of [BEGINNING, END): somebody made it up."""
    if not is_uuid7(identifier):
        return None
    time_ms = time_ms_of(identifier)
    if not BEGINNING.timestamp() <= time_ms / 1000 < END.timestamp():
        return None
    return datetime.fromtimestamp(time_ms / 1000, UTC)


def first_id_at(moment: datetime) -> UUID:
    """The smallest UUID that a moment's UUIDv7 can have: a partition bound. Of a moment before 1970 the very first."""
    # Whole numbers: a float's milliseconds can come out one short.
    return UUID(int=max(0, (moment - _EPOCH) // _MILLISECOND) << _TIME_SHIFT)


def derived_id(parent: UUID, number: int) -> UUID:
    """A child's id, the same every time it is asked for, in the parent's millisecond.

    A late duplicate of a child row therefore meets its twin in the same partition.
    """
    if not 0 <= number <= MAX_DERIVED:
        raise ValueError(f"a derived id's number must be 0 to {MAX_DERIVED}, not {number}")
    return _uuid(parent.int ^ number)


def family_of(parent: UUID) -> tuple[UUID, UUID]:
    """The smallest and the largest id that can be the parent's or one derived from it: a short range of an index."""
    first = parent.int & ~MAX_DERIVED
    return UUID(int=first), UUID(int=first | MAX_DERIVED)


def _uuid(value: int) -> UUID:
    """As UUID(int=value), without its checks of what else it could have been given."""
    made = _new(UUID)
    _set_int(made, value)
    _set_is_safe(made, _UNKNOWN)
    return made


def command_digest(command: Struct) -> int:
    """Return a signed 64-bit digest. It is equal for equal commands in every process."""
    return digest64(_encode(command))


def digest64(content: bytes) -> int:
    """Return a signed 64-bit BLAKE2b digest, as PostgreSQL's bigint holds it."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big", signed=True)
