"""Read a JSON body within bounds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import msgspec
from starlette.requests import Request

from gateway_project.proxy.errors import BodyTooLarge
from metering.errors import InvalidRequest

MAX_BODY_BYTES = 20 * 1024 * 1024
MAX_DISCARD_BYTES = 100 * 1024 * 1024
DISCARD_TIMEOUT_S = 10.0
BODY_TIMEOUT_S = 60.0
"""A caller who sends more slowly than this holds a place that others need."""
_decode = msgspec.json.Decoder().decode


async def read_body(request: Request) -> bytes:
    """The whole body. Raises BodyTooLarge, and InvalidRequest where it does not arrive in time."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await _read(request)
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {BODY_TIMEOUT_S:g} s.") from None


async def _read(request: Request) -> bytes:
    parts: list[bytes] = []
    length = 0
    stream = request.stream()
    async for part in stream:
        length += len(part)
        if length > MAX_BODY_BYTES:
            await _discard(stream)
            raise BodyTooLarge(f"The body is longer than {MAX_BODY_BYTES:,} bytes.")
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def json_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises InvalidRequest."""
    try:
        decoded = _decode(body)
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from None
    if not isinstance(decoded, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return decoded


async def _discard(stream: AsyncIterator[bytes]) -> None:
    """Read on for a while: a client that is still sending would see a reset connection, not the answer."""
    left = MAX_DISCARD_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_TIMEOUT_S):
            async for part in stream:
                left -= len(part)
                if left < 0:
                    return
