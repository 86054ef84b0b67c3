"""Read a JSON body within bounds: as it came, or unpacked, and without the mark that some editors put before it."""

from codecs import BOM_UTF8
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.types import Receive

from gateway_project.proxy.content_encoding import coding_of, unpacked
from gateway_project.proxy.errors import BodyTooLarge
from gateway_project.proxy.request_headers import headers_of
from gateway_project.proxy.unread import BODY_IS_READ
from metering.coarse_timers import CoarseTimeout
from metering.errors import InvalidRequest

MAX_BODY_BYTES = 20 * 1024 * 1024
BODY_TIMEOUT_S = 60.0
"""A caller who sends more slowly than this holds a place that others need."""
_decode = msgspec.json.Decoder().decode


async def read_body(request: Request) -> bytes:
    """The whole body, unpacked, without a byte order mark.

    Raises BodyTooLarge, at once where its announced length says so; UnsupportedMediaType for a content coding that is
    not read here; InvalidRequest where it does not arrive in time, or is not what it says.
    """
    request.scope[BODY_IS_READ] = False
    headers = headers_of(request)
    _check_announced(headers.get(b"content-length", b""))
    coding = None
    if b"content-encoding" in headers:
        coding = coding_of(",".join(request.headers.getlist("content-encoding")))
    try:
        with CoarseTimeout(BODY_TIMEOUT_S):
            body = await _read(request)
            if coding is not None:
                body = await unpacked(body, coding, MAX_BODY_BYTES)
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {BODY_TIMEOUT_S:g} s.") from None
    return body.removeprefix(BOM_UTF8)


def _check_announced(length: bytes) -> None:
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise _too_large()


async def _read(request: Request) -> bytes:
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        part, more = await _next_part(request.receive)
        length += len(part)
        request.scope[BODY_IS_READ] = not more
        if length > MAX_BODY_BYTES:
            raise _too_large()
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The body is longer than {MAX_BODY_BYTES:,} bytes.")


async def _next_part(receive: Receive) -> tuple[bytes, bool]:
    """Some of the body, and whether more follows. Raises InvalidRequest."""
    message = await receive()
    if message["type"] == "http.disconnect":
        # The caller has left, or is there and has sent what is no body: servers say the same of both.
        raise InvalidRequest("The body broke off, or its chunks are not as HTTP says.")
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
