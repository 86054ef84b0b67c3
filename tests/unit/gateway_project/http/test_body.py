import asyncio
from typing import Any

import msgspec
import pytest
from starlette.requests import Request

from gateway_project.http import body as body_module
from gateway_project.http.body import (
    LEAST_BYTES,
    MAX_BODY_BYTES,
    SMALL_BODY_BYTES,
    SMALL_BYTES,
    STRANGERS_BODY_BYTES,
    STRANGERS_BYTES,
    BytesInFlight,
    bytes_in_flight,
    json_object,
    read_body,
)
from gateway_project.http.errors import BodyTimeout, BodyTooLarge
from gateway_project.http.room import Room
from gateway_project.http.stranger import Stranger
from metering.errors import InvalidRequest, Overloaded
from metering.time_limits import LOOK_S

ADDRESS = "192.0.2.7"
MOST = 64 * 1024 * 1024


class Sender:
    """Who sends parts, each after a while; the body ends only if it is told to."""

    def __init__(self, *parts: bytes, every_s: float = 0.0, ends: bool = False) -> None:
        self._waiting = list(parts)
        self._every_s, self._ends = every_s, ends
        self.request = Request(
            {"type": "http", "method": "POST", "headers": [], "client": (ADDRESS, 1)}, self._receive
        )

    async def _receive(self) -> dict[str, Any]:
        await asyncio.sleep(self._every_s)
        if self._waiting:
            return {"type": "http.request", "body": self._waiting.pop(0), "more_body": True}
        if not self._ends:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": False}


class KnownSender(Stranger):
    """Who can show who they are."""

    async def is_known(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Any:
    before = bytes_in_flight.taken
    yield
    bytes_in_flight.taken = before


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is late a little sooner."""
    monkeypatch.setattr(body_module, "STALL_S", LOOK_S * 5)
    monkeypatch.setattr(body_module, "AT_ONCE_S", LOOK_S)
    monkeypatch.setattr(body_module, "STRANGERS_S", LOOK_S * 4)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("parts", [(), (b"{",)])
async def test_a_body_that_never_ends_is_refused(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(BodyTimeout):
        await read_body(Sender(*parts).request)


@pytest.mark.usefixtures("quick")
async def test_a_body_that_gets_on_may_take_longer_than_any_of_its_parts() -> None:
    parts = [bytes(LEAST_BYTES)] * 8
    sender = Sender(*parts, every_s=LOOK_S * 2, ends=True)
    assert len(await read_body(sender.request)) == 8 * LEAST_BYTES


@pytest.mark.usefixtures("quick")
async def test_a_byte_now_and_then_is_no_getting_on() -> None:
    with pytest.raises(BodyTimeout):
        await read_body(Sender(*[b"x"] * 50, every_s=LOOK_S).request)


@pytest.mark.usefixtures("quick")
async def test_a_body_that_gets_on_has_an_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "WHOLE_S", LOOK_S * 7)
    with pytest.raises(BodyTimeout):
        await read_body(Sender(*[bytes(LEAST_BYTES)] * 50, every_s=LOOK_S * 2).request)


@pytest.mark.usefixtures("quick")
async def test_a_strangers_body_gets_no_time_by_getting_on() -> None:
    sender = Sender(*[bytes(LEAST_BYTES)] * 10, every_s=LOOK_S)
    with pytest.raises(BodyTimeout):
        await read_body(sender.request, Stranger(sender.request))
    assert body_module.SLOW_STRANGERS.try_enter(ADDRESS)
    body_module.SLOW_STRANGERS.leave(ADDRESS)


@pytest.mark.usefixtures("quick")
async def test_slow_strangers_of_one_address_leave_places_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_module, "SLOW_STRANGERS", Room(places=2, per_address=1))
    senders = [Sender(b"x") for _ in range(2)]
    first, second = await asyncio.gather(
        *[read_body(sender.request, Stranger(sender.request)) for sender in senders], return_exceptions=True
    )
    assert {type(first), type(second)} == {BodyTimeout, Overloaded}


@pytest.mark.usefixtures("quick")
async def test_a_slow_caller_who_can_show_who_they_are_has_time() -> None:
    sender = Sender(*[bytes(LEAST_BYTES)] * 10, every_s=LOOK_S, ends=True)
    assert len(await read_body(sender.request, KnownSender(sender.request))) == 10 * LEAST_BYTES


async def test_a_stranger_sends_little_and_somebody_known_as_much_as_anybody() -> None:
    part = bytes(STRANGERS_BODY_BYTES)
    sender = Sender(part, b"x")
    with pytest.raises(BodyTooLarge, match="without a credential"):
        await read_body(sender.request, Stranger(sender.request))
    sender = Sender(part, part, ends=True)
    assert len(await read_body(sender.request, KnownSender(sender.request))) == 2 * len(part)
    sender = Sender(bytes(MAX_BODY_BYTES), b"x")
    with pytest.raises(BodyTooLarge):
        await read_body(sender.request, KnownSender(sender.request))


def test_bytes_in_flight_are_bounded_and_strangers_cannot_take_them_all() -> None:
    bytes_of = BytesInFlight(MOST)
    stranger: dict[str, Any] = {}
    bytes_of.take(stranger, STRANGERS_BYTES, stranger=True)
    with pytest.raises(Overloaded):
        bytes_of.take({}, 1, stranger=True)
    known: dict[str, Any] = {}
    bytes_of.take(known, MOST - SMALL_BYTES - STRANGERS_BYTES, stranger=False)
    bytes_of.give_back(known)
    bytes_of.give_back(stranger)
    assert bytes_of.taken == 0
    bytes_of.take({}, STRANGERS_BYTES, stranger=True)


def test_large_bodies_leave_room_for_small_ones() -> None:
    bytes_of = BytesInFlight(MOST)
    large: dict[str, Any] = {}
    for _ in range((MOST - SMALL_BYTES) // SMALL_BODY_BYTES):
        bytes_of.take(large, SMALL_BODY_BYTES, stranger=False)
    with pytest.raises(Overloaded):
        bytes_of.take(large, 1, stranger=False)
    for _ in range(SMALL_BYTES // SMALL_BODY_BYTES):
        bytes_of.take({}, SMALL_BODY_BYTES, stranger=False)
    with pytest.raises(Overloaded):
        bytes_of.take({}, 1, stranger=False)


def written_below(value: object, frames: int) -> bytes:
    return written_below(value, frames - 1) if frames else msgspec.json.encode(value)


@pytest.mark.parametrize("levels", range(700, 1_010, 10))
def test_what_is_read_can_be_written_from_further_down_the_stack(levels: int) -> None:
    body = b'{"a":' * levels + b"1" + b"}" * levels
    try:
        read = json_object(body)
    except InvalidRequest as error:
        assert "nested too deeply" in error.message  # noqa: PT017 - it may be read as well
    else:
        assert written_below(read, 100) == body


def test_more_objects_than_levels_are_read() -> None:
    assert len(json_object(b'{"a":[' + b"{}," * 5_000 + b"{}]}")["a"]) == 5_001
