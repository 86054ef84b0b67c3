"""Read a JSON body within bounds."""

from contextlib import suppress
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from gateway_project.proxy.errors import BodyTooLarge
from metering.coarse_timers import CoarseTimeout
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
        with CoarseTimeout(BODY_TIMEOUT_S):
            return await _read(request)
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {BODY_TIMEOUT_S:g} s.") from None


async def _read(request: Request) -> bytes:
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        part, more = await _next_part(request.receive)
        length += len(part)
        if length > MAX_BODY_BYTES:
            await _discard(request.receive, more)
            raise BodyTooLarge(f"The body is longer than {MAX_BODY_BYTES:,} bytes.")
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _next_part(receive: Receive) -> tuple[bytes, bool]:
    """Some of the body, and whether more follows. Raises ClientDisconnect."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


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


async def _discard(receive: Receive, more: bool) -> None:
    """Read on for a while: a client that is still sending would see a reset connection, not the answer."""
    left = MAX_DISCARD_BYTES
    with suppress(TimeoutError), CoarseTimeout(DISCARD_TIMEOUT_S):
        while more and left >= 0:
            part, more = await _next_part(receive)
            left -= len(part)
