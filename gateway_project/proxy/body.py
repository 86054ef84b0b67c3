"""Read a JSON body within bounds."""

from typing import Any

import msgspec
from starlette.requests import Request

from gateway_project.proxy.errors import BodyTooLarge
from metering.errors import InvalidRequest

MAX_BODY_BYTES = 20 * 1024 * 1024
_decode = msgspec.json.Decoder().decode


async def read_body(request: Request) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as it is known to be."""
    declared = request.headers.get("content-length")
    if declared is not None and declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
        raise _too_large()
    parts: list[bytes] = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > MAX_BODY_BYTES:
            raise _too_large()
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


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The body is longer than {MAX_BODY_BYTES:,} bytes.")
