"""A command is known again by a 64-bit digest (BLAKE2b, RFC 7693) of its canonical MessagePack form."""

from hashlib import blake2b

from msgspec import msgpack

from metering.ledger.commands import Reserve, Settle

_encode = msgpack.Encoder(uuid_format="bytes").encode


def command_digest(command: Reserve | Settle) -> int:
    """Return a signed 64-bit digest. It is equal for equal commands in every process."""
    return digest64(_encode(command))


def digest64(content: bytes) -> int:
    """Return a signed 64-bit BLAKE2b digest, as PostgreSQL's bigint holds it."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big", signed=True)
