import asyncio
from typing import Any

import pytest

from gateway_project.front import stalled
from gateway_project.front.stalled import ReaderStalled, Writing
from metering.time_limits import LOOK_S

PART = {"type": "http.response.body", "body": b"x" * 100, "more_body": True}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalled, "STALL_S", LOOK_S * 4)


class Reader:
    """Who takes so long for a part."""

    def __init__(self, takes_s: float) -> None:
        self._takes_s = takes_s
        self.parts = 0

    async def send(self, message: Any) -> None:
        await asyncio.sleep(self._takes_s)
        self.parts += 1


async def write(reader: Reader, parts: int, *, every_s: float = 0.0, part: Any = PART) -> None:
    writing = Writing(reader.send)
    try:
        for _ in range(parts):
            await writing.part(part)
            await asyncio.sleep(every_s)
    finally:
        writing.close()


async def test_who_takes_in_nothing_has_stalled() -> None:
    with pytest.raises(ReaderStalled):
        await write(Reader(60), 1)


async def test_who_takes_in_a_byte_now_and_then_has_stalled() -> None:
    with pytest.raises(ReaderStalled):
        await write(Reader(LOOK_S), 100)


async def test_who_waits_for_the_answer_has_not_stalled() -> None:
    reader = Reader(0)
    await write(reader, 6, every_s=LOOK_S * 2)
    assert reader.parts == 6


async def test_a_slow_reader_who_reads_has_not_stalled() -> None:
    reader = Reader(LOOK_S)
    await write(reader, 15, part=PART | {"body": bytes(16 * 1024)})
    assert reader.parts == 15


async def test_somebody_elses_cancellation_stays_one() -> None:
    writing = asyncio.create_task(write(Reader(60), 1))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
