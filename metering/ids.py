"""Time-ordered identifiers (UUID version 7, RFC 9562 section 5.7).

The first 48 bits of a UUIDv7 are milliseconds since the Unix epoch, so a range of ids is a
range of time: the month partitions of the usage log are ranges of ids.
"""

import time
from datetime import UTC, datetime, timedelta
from random import getrandbits
from uuid import UUID, SafeUUID

_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)
_TIME_SHIFT = 80
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
MAX_DERIVED = 0xFFFF


def uuid7(time_ms: int | None = None) -> UUID:
    """A new UUIDv7: 48 bits of milliseconds, 74 random bits."""
    if time_ms is None:
        time_ms = time.time_ns() // 1_000_000
    # Ids are no secrets: any generator will do, and Python seeds this one anew after a fork.
    random = (getrandbits(12) << 64) | getrandbits(62)
    return _uuid((time_ms << _TIME_SHIFT) | _VERSION_AND_VARIANT | random)


def time_ms_of(identifier: UUID) -> int:
    """Milliseconds since the epoch that a UUIDv7 carries."""
    return identifier.int >> _TIME_SHIFT


def first_id_at(moment: datetime) -> UUID:
    """The smallest UUID that a moment's UUIDv7 can have: a partition bound."""
    # Whole numbers: a float's milliseconds can come out one short.
    return UUID(int=(moment - _EPOCH) // _MILLISECOND << _TIME_SHIFT)


def derived_id(parent: UUID, number: int) -> UUID:
    """A child's id, the same every time it is asked for, in the parent's millisecond.

    A late duplicate of a child row therefore meets its twin in the same partition.
    """
    if not 0 <= number <= MAX_DERIVED:
        raise ValueError(f"a derived id's number must be 0 to {MAX_DERIVED}, not {number}")
    return _uuid(parent.int ^ number)


def _uuid(value: int) -> UUID:
    """As UUID(int=value), without its checks of what else it could have been given."""
    made = UUID.__new__(UUID)
    object.__setattr__(made, "int", value)
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made
