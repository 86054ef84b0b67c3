import asyncio
import gc
import time
import weakref
from collections.abc import Callable

import pytest

from metering.calls.pipe import MAX_EVENTS, NOTHING_YET, MeteredStream, Pipe
from metering.errors import MeteringUnavailable
from metering.time_limits import LOOK_S


async def test_events_arrive_in_order_then_the_end() -> None:
    pipe = Pipe()
    for number in range(3):
        await pipe.put(b"%d" % number)
    pipe.end()
    assert [event async for event in pipe.read()] == [b"0", b"1", b"2"]


async def test_an_error_comes_after_the_events_before_it() -> None:
    pipe = Pipe()
    await pipe.put(b"0")
    pipe.end(MeteringUnavailable("gone"))
    events = pipe.read()
    assert await anext(events) == b"0"
    with pytest.raises(MeteringUnavailable):
        await anext(events)


async def test_an_error_before_any_event_is_raised_while_waiting_for_the_first() -> None:
    pipe = Pipe()
    pipe.end(MeteringUnavailable("gone"))
    with pytest.raises(MeteringUnavailable):
        await pipe.ready()


async def test_a_patient_reader_goes_on_with_nothing_again_and_again_until_there_is_an_event() -> None:
    pipe = Pipe(patience_s=0.01, since_s=time.monotonic())
    assert not await pipe.ready()
    events = pipe.read()
    assert [await anext(events) for _ in range(2)] == [NOTHING_YET] * 2
    await pipe.put(b"0")
    assert await anext(events) == b"0"
    assert await anext(events) == NOTHING_YET
    pipe.end()
    assert [event async for event in events] == []


async def test_patience_counts_from_when_the_wait_is_said_to_have_begun() -> None:
    pipe = Pipe(patience_s=3600, since_s=time.monotonic() - 3600)
    assert not await pipe.ready()


async def test_each_wait_counts_from_its_own_beginning() -> None:
    patience_s = 0.5
    pipe = Pipe(patience_s=patience_s, since_s=time.monotonic() - 0.9 * patience_s)
    events = pipe.read()
    await pipe.put(b"0")
    assert await anext(events) == b"0"
    began_s = time.monotonic()
    assert await anext(events) == NOTHING_YET
    assert time.monotonic() - began_s >= patience_s


async def test_what_is_there_when_patience_ends_is_a_beginning() -> None:
    begun, empty, failed = [Pipe(patience_s=0, since_s=time.monotonic()) for _ in range(3)]
    await begun.put(b"0")
    empty.end()
    failed.end(MeteringUnavailable("gone"))
    assert await begun.ready()
    assert await empty.ready()
    with pytest.raises(MeteringUnavailable):
        await failed.ready()


async def test_a_reader_who_is_busy_with_an_event_is_told_nothing_else_afterwards() -> None:
    pipe = Pipe(patience_s=0.01, since_s=time.monotonic())
    events = pipe.read()
    await pipe.put(b"0")
    assert await anext(events) == b"0"
    await asyncio.sleep(LOOK_S * 3)
    await pipe.put(b"1")
    assert await anext(events) == b"1"


@pytest.mark.parametrize("ending", [Pipe.end, Pipe.abandon])
async def test_no_timer_keeps_a_channel_that_has_ended(ending: Callable[[Pipe], None]) -> None:
    pipe = Pipe(patience_s=3600, since_s=time.monotonic())
    left = weakref.ref(pipe)
    ending(pipe)
    del pipe
    gc.collect()
    assert left() is None


async def test_a_slow_reader_stops_the_writer() -> None:
    pipe = Pipe()

    async def write() -> None:
        for _ in range(MAX_EVENTS + 1):
            await pipe.put(b"x")

    writer = asyncio.create_task(write())
    await asyncio.sleep(0.01)
    assert not writer.done()
    async for _ in pipe.read():
        break
    await asyncio.wait_for(writer, 1)


async def test_abandoning_frees_the_writer_and_ends_the_reader() -> None:
    pipe = Pipe()
    gone = []
    stream = MeteredStream(pipe, on_abandon=lambda: gone.append(1))

    async def read() -> list[bytes]:
        return [event async for event in stream]

    reader = asyncio.create_task(read())
    await asyncio.sleep(0.01)
    stream.close()
    stream.close()
    assert await asyncio.wait_for(reader, 1) == []
    for _ in range(MAX_EVENTS * 2):
        await asyncio.wait_for(pipe.put(b"x"), 1)
    assert gone == [1]


async def test_a_stream_read_to_its_end_is_not_abandoned() -> None:
    pipe = Pipe()
    gone = []
    pipe.end()
    assert [event async for event in MeteredStream(pipe, on_abandon=lambda: gone.append(1))] == []
    assert gone == []
