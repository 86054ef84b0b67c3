"""Reads a JSON body within bounds of size, time and memory. A compressed body is unpacked, a byte order mark dropped.

Time: a caller who is known has WHOLE_S, as long as LEAST_BYTES come in any STALL_S. A stranger has STRANGERS_S, and
after AT_ONCE_S needs one of the places for slow strangers, or a proof of who they are. Memory: the bytes of all bodies
of this process are counted, of those that arrive and of requests under way."""

import asyncio
import time
from codecs import BOM_UTF8
from collections.abc import MutableMapping
from functools import partial
from types import TracebackType
from typing import Any

import msgspec
from django.conf import settings
from starlette.requests import Request

from gateway_project.http.content_encoding import coding_of, unpacked
from gateway_project.http.errors import BodyTimeout, BodyTooLarge
from gateway_project.http.request_headers import headers_of
from gateway_project.http.room import Room
from gateway_project.http.stranger import Stranger
from gateway_project.http.unread import BODY_IS_READ, FROM_STRANGER
from metering.errors import InvalidRequest, MeteringError, Overloaded
from metering.time_limits import coarse_timers

MAX_BODY_BYTES = 20 * 1024 * 1024
STRANGERS_BODY_BYTES = 64 * 1024
"""The most bytes that a caller without a credential may send. A sign-in needs fewer."""
STALL_S = 20.0
LEAST_BYTES = 4 * 1024
"""The bytes that have to arrive within any STALL_S. A caller who sends fewer counts as stalled."""
WHOLE_S = 600.0
"""The most seconds that a known caller's whole body may take."""
AT_ONCE_S = 0.5
"""A stranger's body that arrives within these seconds needs no place for slow strangers."""
STRANGERS_S = 10.0
"""The most seconds that a stranger's whole body may take."""
SLOW_STRANGERS = Room(places=32, per_address=8)
"""The places for strangers' bodies that take longer than AT_ONCE_S. Who finds none is refused at once."""
MIB = 1024 * 1024
STRANGERS_BYTES = 8 * MIB
"""The most bytes that strangers' bodies may take; the rest is kept for known callers."""
SMALL_BYTES = 16 * MIB
"""The bytes that only small bodies may take, so that a few large ones keep no ordinary call out."""
SMALL_BODY_BYTES = 64 * 1024
HEADROOM = 200
"""Frames of the stack. JSON takes one for each level, and what is read here is written again from further down: what is
only just read could not be sent.
"""
KEY = "gateway.body_bytes"
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
    whole = int(announced) if announced.isdigit() and b"transfer-encoding" not in headers else None
    with BodyClock(stranger) as clock:
        body = await intake.read(clock, whole)
        if coding is not None:
            body = await unpacked(body, coding, intake.unpacked)
    return body.removeprefix(BOM_UTF8)


def json_object(body: bytes) -> dict[str, Any]:
    """Decodes the body as a JSON object. Raises InvalidRequest if it is anything else, or nested too deeply."""
    may_be_deep = body.count(b"[") + body.count(b"{") > HEADROOM
    try:
        decoded = _decoded_below(body, HEADROOM) if may_be_deep else _decode(body)
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from None
    if not isinstance(decoded, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return decoded


def _decoded_below(body: bytes, frames: int) -> Any:
    """Decodes the body so many frames further down the stack."""
    return _decoded_below(body, frames - 1) if frames else _decode(body)


class BodyClock:
    """Ends its block with BodyTimeout or Overloaded when the body takes too long; for the current task alone."""

    def __init__(self, stranger: Stranger | None) -> None:
        """`stranger`: who sends the body; None if they have shown who they are."""
        self._stranger = stranger
        self._began_s = time.monotonic()
        self.length = 0
        """The bytes that have arrived so far. Whoever reads the body keeps this up to date."""
        self._length_before = 0
        self._error: MeteringError | None = None
        self._closer_look: asyncio.Task[None] | None = None

    def __enter__(self) -> "BodyClock":
        self._task = asyncio.current_task()
        self._timers = coarse_timers()
        if self._stranger is None:
            self._timer = self._timers.start(STALL_S, self._look)
        else:
            self._timer = self._timers.start(AT_ONCE_S, partial(self._look_closer, self._stranger))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timers.cancel(self._timer)
        if self._closer_look is not None:
            self._closer_look.cancel()
        if self._error is None or self._task is None:
            return
        if self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise self._error from None

    def _look(self) -> None:
        """Run every STALL_S: end the block unless enough has come since the last time."""
        if time.monotonic() >= self._began_s + WHOLE_S:
            self._end(BodyTimeout(f"The body took longer than {WHOLE_S:g} s."))
        elif self.length < self._length_before + LEAST_BYTES:
            self._end(BodyTimeout(f"Less than {LEAST_BYTES:,} bytes of the body came in {STALL_S:g} s."))
        else:
            self._length_before = self.length
            self._timer = self._timers.start(STALL_S, self._look)

    def _look_closer(self, stranger: Stranger) -> None:
        self._closer_look = asyncio.create_task(self._bound(stranger), name="body.stranger")

    async def _bound(self, stranger: Stranger) -> None:
        """Give one who can show who they are more time, and another one a place for slow strangers if one is free."""
        if await stranger.is_known():
            self._timer = self._timers.start(STALL_S, self._look)
            return
        if not SLOW_STRANGERS.try_enter(stranger.address):
            self._end(Overloaded("Too many requests without a credential are slow already; send it at once."))
            return
        try:
            await asyncio.sleep(self._began_s + STRANGERS_S - time.monotonic())
            self._end(
                BodyTimeout(f"The body of a request without a credential has {STRANGERS_S:g} s to come.")
            )
        finally:
            SLOW_STRANGERS.leave(stranger.address)

    def _end(self, error: MeteringError) -> None:
        if self._task is not None:
            self._error = error
            self._task.cancel()


class BytesInFlight:
    """Counts bytes for each request, in its scope, from their arrival until the request ends."""

    def __init__(self, most: int) -> None:
        """`most`: of all. Parsed and on its way, a body takes up to three times its length for a moment."""
        self._most = most
        self.taken = 0
        self._of_strangers = 0

    def take(self, scope: MutableMapping[str, Any], count: int, *, stranger: bool) -> None:
        """Counts more bytes of a request. Raises Overloaded if there is no room for them."""
        known, of_stranger = scope.get(KEY, (0, 0))
        is_small = known + of_stranger + count <= SMALL_BODY_BYTES
        if self.taken + count > (self._most if is_small else self._most - SMALL_BYTES) or (
            stranger and self._of_strangers + count > STRANGERS_BYTES
        ):
            raise Overloaded("The bodies of other requests take up all memory; try again in a moment.")
        self.taken += count
        if stranger:
            self._of_strangers += count
            scope[KEY] = known, of_stranger + count
        else:
            scope[KEY] = known + count, of_stranger

    def give_back(self, scope: MutableMapping[str, Any]) -> None:
        """Forget the bytes of a request that has ended."""
        counted = scope.pop(KEY, None)
        if counted is not None:
            known, of_stranger = counted
            self.taken -= known + of_stranger
            self._of_strangers -= of_stranger


bytes_in_flight = BytesInFlight(settings.BODY_MEMORY_MIB * MIB)
"""The bytes that this process has in memory."""


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

    async def read(self, clock: BodyClock, whole: int | None) -> bytes:
        """Reads all parts of the body as they arrive. Raises InvalidRequest if the body breaks off.

        Of a body whose length is known (`whole`, in bytes) the server's word that nothing follows is not waited for: to
        hear it costs a call as much as to hear the body.
        """
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
            if part := message.get("body"):
                length += len(part)
                more = more and length != whole
            scope[BODY_IS_READ] = not more
            if part:
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
