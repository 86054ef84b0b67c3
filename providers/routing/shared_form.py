"""How entries and the news of conversations are written in Redis. What another version wrote is passed over."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from providers.routing.board import Entry
from providers.routing.conversations import DIGEST_BYTES, Seat
from providers.routing.place import Place

encode = msgspec.msgpack.Encoder().encode


class _Told(NamedTuple):
    """An entry as Redis keeps it; moments are in milliseconds of Redis's clock."""

    since_ms: int
    until_ms: int
    times: int
    status: int


_decode_place = msgspec.msgpack.Decoder(Place).decode
_decode_told = msgspec.msgpack.Decoder(_Told).decode
_decode_news = msgspec.msgpack.Decoder(list[tuple[Seat, bytes]]).decode


def written_entry(entry: Entry, ms_at: Callable[[float], int]) -> bytes:
    """Return an entry as Redis keeps it, and give it its stamp."""
    entry.stamp = ms_at(entry.until_s)
    return encode(_Told(ms_at(entry.since_s), entry.stamp, entry.times, entry.status))


def read_entry(field: bytes, value: bytes, s_at: Callable[[int], float]) -> tuple[Place, Entry] | None:
    """Read a field of the hash; None: it is no entry."""
    try:
        place, (since_ms, until_ms, times, status) = _decode_place(field), _decode_told(value)
    except msgspec.MsgspecError:
        return None
    return place, Entry(
        since_s=s_at(since_ms), until_s=s_at(until_ms), times=times, status=status, stamp=until_ms
    )


def written_news(news: dict[bytes, Seat]) -> bytes:
    """Return the news of conversations, in which each seat stands once."""
    by_seat: dict[Seat, list[bytes]] = {}
    for digest, seat in news.items():
        by_seat.setdefault(seat, []).append(digest)
    return encode([(seat, b"".join(digests)) for seat, digests in by_seat.items()])


def read_news(written: bytes) -> list[tuple[Seat, list[bytes]]]:
    """Each seat with its conversations; nothing where it is no news."""
    try:
        news = _decode_news(written)
    except msgspec.MsgspecError:
        return []
    return [
        (seat, [digests[at : at + DIGEST_BYTES] for at in range(0, len(digests), DIGEST_BYTES)])
        for seat, digests in news
    ]
