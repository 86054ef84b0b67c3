"""What a spool says of calls: ids, labels, limits and amounts. No credential, no prompt and no answer is in it."""

from uuid import UUID

import msgspec
from msgspec import Struct

from metering.ledger.commands import Extend, Release, Reserve, Settle


class Begun(Struct, frozen=True, array_like=True, tag=0):
    """A call was let in that the ledger does not know; written before its vendor is asked."""

    reserve: Reserve


class Enlarged(Struct, frozen=True, array_like=True, tag=1):
    """It may use more than at first."""

    extend: Extend


class Settled(Struct, frozen=True, array_like=True, tag=2):
    """A call has ended, whether or not the ledger knows it, and this is what it used."""

    settle: Settle


class Released(Struct, frozen=True, array_like=True, tag=3):
    """A call has ended that sent nothing."""

    release: Release


class Booked(Struct, frozen=True, array_like=True, tag=4):
    """The ledger knows all that stands here of the call. Without this record it would be told again, to no effect."""

    reservation_id: UUID


class Renamed(Struct, frozen=True, array_like=True, tag=5):
    """The call is booked under another id, because its own is too old for the ledger."""

    reservation_id: UUID
    booked_as: UUID


Record = Begun | Enlarged | Settled | Released | Booked | Renamed
encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
decode = msgspec.msgpack.Decoder(Record).decode
