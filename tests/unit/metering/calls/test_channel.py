import asyncio

import pytest

from metering.calls.channel import MAX_EVENTS, Channel, MeteredStream
from metering.errors import MeteringUnavailable


async def test_events_arrive_in_order_then_the_end() -> None:
    channel = Channel()
    for number in range(3):
        await channel.put(b"%d" % number)
    channel.end()
    assert [event async for event in channel.read()] == [b"0", b"1", b"2"]


async def test_an_error_comes_after_the_events_before_it() -> None:
    channel = Channel()
    await channel.put(b"0")
    channel.end(MeteringUnavailable("gone"))
    events = channel.read()
    assert await anext(events) == b"0"
    with pytest.raises(MeteringUnavailable):
        await anext(events)


async def test_an_error_before_any_event_is_raised_while_waiting_for_the_first() -> None:
    channel = Channel()
    channel.end(MeteringUnavailable("gone"))
    with pytest.raises(MeteringUnavailable):
        await channel.ready()


async def test_a_slow_reader_stops_the_writer() -> None:
    channel = Channel()

    async def write() -> None:
        for _ in range(MAX_EVENTS + 1):
            await channel.put(b"x")

    writer = asyncio.create_task(write())
    await asyncio.sleep(0.01)
    assert not writer.done()
    async for _ in channel.read():
        break
    await asyncio.wait_for(writer, 1)


async def test_abandoning_frees_the_writer_and_ends_the_reader() -> None:
    channel = Channel()
    gone = []
    stream = MeteredStream(channel, on_abandon=lambda: gone.append(1))

    async def read() -> list[bytes]:
        return [event async for event in stream]

    reader = asyncio.create_task(read())
    await asyncio.sleep(0.01)
    stream.close()
    stream.close()
    assert await asyncio.wait_for(reader, 1) == []
    for _ in range(MAX_EVENTS * 2):
        await asyncio.wait_for(channel.put(b"x"), 1)
    assert gone == [1]


async def test_a_stream_read_to_its_end_is_not_abandoned() -> None:
    channel = Channel()
    gone = []
    channel.end()
    assert [event async for event in MeteredStream(channel, on_abandon=lambda: gone.append(1))] == []
    assert gone == []
