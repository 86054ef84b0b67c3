"""Reads a JSON body within bounds. A compressed body is unpacked, and a byte order mark before it is dropped."""

from codecs import BOM_UTF8
from typing import Any

import msgspec
from starlette.requests import Request

from gateway_project.http.body_clock import BodyClock
from gateway_project.http.bytes_in_flight import bytes_in_flight
from gateway_project.http.content_encoding import coding_of, unpacked
from gateway_project.http.errors import BodyTooLarge
from gateway_project.http.request_headers import headers_of
from gateway_project.http.stranger import Stranger
from gateway_project.http.unread import BODY_IS_READ, FROM_STRANGER
from metering.errors import InvalidRequest

MAX_BODY_BYTES = 20 * 1024 * 1024
STRANGERS_BODY_BYTES = 64 * 1024
"""The most bytes that a caller without a credential may send. A sign-in needs fewer."""
_decode = msgspec.json.Decoder().decode


async def read_body(request: Request, stranger: Stranger | None = None) -> bytes:
    """Reads the whole body, unpacks it and drops a byte order mark. `stranger` is its sender, if not known yet.

    Raises BodyTooLarge, at once where its announced length says so; UnsupportedMediaType for a content coding that is
    not read here; BodyTimeout where it does not arrive in time; Overloaded where there is no room for it; and
    InvalidRequest where it is not what it says.
    """
    request.scope[BODY_IS_READ] = False
    headers = headers_of(request)
    intake = _Intake(request, stranger)
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > intake.limit:
        await intake.check(int(announced))
    coding = None
    if b"content-encoding" in headers:
        coding = coding_of(",".join(request.headers.getlist("content-encoding")))
    with BodyClock(stranger) as clock:
        body = await intake.read(clock)
        if coding is not None:
            body = await unpacked(body, coding, intake.unpacked)
    return body.removeprefix(BOM_UTF8)


class _Intake:
    """Reads one body. A stranger who sends more than strangers may has to give a proof to go on."""

    def __init__(self, request: Request, stranger: Stranger | None) -> None:
        self._request = request
        self._stranger = stranger
        self.limit = MAX_BODY_BYTES if stranger is None else STRANGERS_BODY_BYTES
        if stranger is not None:
            request.scope[FROM_STRANGER] = True

    async def check(self, length: int) -> None:
        """Checks a length that exceeds the current limit. The limit grows if the sender shows a good credential.

        Raises BodyTooLarge, or the credential's refusal if that is why the limit is low.
        """
        if self._stranger is not None and await self._stranger.is_known():
            self.limit, self._stranger = MAX_BODY_BYTES, None
            self._request.scope[FROM_STRANGER] = False
        if length <= self.limit:
            return
        if self._stranger is None or length > MAX_BODY_BYTES:
            raise BodyTooLarge(f"The body is longer than {MAX_BODY_BYTES:,} bytes.")
        raise self._stranger.refusal or BodyTooLarge(
            f"The body is longer than {self.limit:,} bytes, and came without a credential."
        )

    async def read(self, clock: BodyClock) -> bytes:
        """Reads all parts of the body as they arrive. Raises InvalidRequest if the body breaks off."""
        receive, scope = self._request.receive, self._request.scope
        body = b""
        rest: bytearray | None = (
            None  # one piece of memory, which goes back to the system when it is let go of
        )
        length = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                # The caller has left, or is there and has sent what is no body: servers say the same of both.
                scope[BODY_IS_READ] = True
                raise InvalidRequest("The body broke off, or its chunks are not as HTTP says.")
            more = message.get("more_body", False)
            scope[BODY_IS_READ] = not more
            if part := message.get("body"):
                length += len(part)
                clock.length = length
                if length > self.limit:
                    await self.check(length)
                bytes_in_flight.take(scope, len(part), stranger=self._stranger is not None)
                if not body:
                    body = part
                elif rest is None:
                    rest = bytearray(body)
                    rest += part
                else:
                    rest += part
        return body if rest is None else bytes(rest)

    async def unpacked(self, length: int, more: int) -> None:
        """Counts `more` unpacked bytes, `length` in all. Raises BodyTooLarge and Overloaded."""
        if length > self.limit:
            await self.check(length)
        bytes_in_flight.take(self._request.scope, more, stranger=self._stranger is not None)


def json_object(body: bytes) -> dict[str, Any]:
    """Decodes the body as a JSON object. Raises InvalidRequest if it is anything else."""
    try:
        decoded = _decode(body)
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from None
    if not isinstance(decoded, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return decoded
