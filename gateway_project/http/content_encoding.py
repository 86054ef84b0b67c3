"""Unpacks a compressed body within bounds, because a few kilobytes can stand for gigabytes."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable

from gateway_project.http.errors import UnsupportedMediaType
from metering.errors import InvalidRequest

STEP_BYTES = 1024 * 1024
"""The bytes that are unpacked before other requests get their turn."""
ZLIB, RAW, GZIP = zlib.MAX_WBITS, -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS
GZIP_NAMES = frozenset({"gzip", "x-gzip"})


def coding_of(header: str) -> str | None:
    """The one coding that a `Content-Encoding` names; None where it names none.

    Raises UnsupportedMediaType for one that is not read here, and for several on top of each other.
    """
    codings = [
        coding for part in header.lower().split(",") if (coding := part.strip()) not in ("", "identity")
    ]
    if not codings:
        return None
    if len(codings) > 1 or (codings[0] not in GZIP_NAMES and codings[0] != "deflate"):
        raise UnsupportedMediaType(
            f"The gateway reads bodies in gzip, deflate or plain, not in {', '.join(codings)[:64]!r}.",
            param="Content-Encoding",
        )
    return codings[0]


async def unpacked(body: bytes, coding: str, grow: Callable[[int, int], Awaitable[None]]) -> bytes:
    """The unpacked body. Raises InvalidRequest for what is not in the coding, and what `grow` raises: it is told
    how long the body is, and how much of that is new, before more is unpacked.
    """
    if not body:
        return b""
    parts: list[bytes] = []
    length = 0
    unread = body
    try:
        while unread:
            # A body may be several gzip members one after the other.
            stream = zlib.decompressobj(_format(unread, coding))
            while not stream.eof:
                part = stream.decompress(unread, STEP_BYTES)
                unread = stream.unused_data if stream.eof else stream.unconsumed_tail
                parts.append(part)
                length += len(part)
                await grow(length, len(part))
                if not stream.eof and not unread:
                    raise InvalidRequest(f"The body ends before its {coding} does.")
                await asyncio.sleep(0)
            if unread and coding not in GZIP_NAMES:
                raise InvalidRequest(f"The body goes on after its {coding} has ended.")
    except zlib.error:
        raise InvalidRequest(f"The body is not in {coding}, as its Content-Encoding says.") from None
    return b"".join(parts)


def _format(body: bytes, coding: str) -> int:
    """`deflate` means zlib's format; some senders leave out its header, which is recognised by its checksum."""
    if coding in GZIP_NAMES:
        return GZIP
    has_header = len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and (body[0] << 8 | body[1]) % 31 == 0
    return ZLIB if has_header else RAW
