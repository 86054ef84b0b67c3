import asyncio
import time

import pytest

from metering.time_limits import TickedTimeout


async def test_a_silent_server_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        async with TickedTimeout(0.05):
            await asyncio.Event().wait()


async def test_an_answer_that_came_while_the_loop_was_held_up_counts() -> None:
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    loop.call_soon(time.sleep, 0.2)
    loop.call_soon(lambda: loop.call_soon(lambda: loop.call_soon(answer.set_result, "here")))
    async with TickedTimeout(0.05):
        assert await answer == "here"


async def test_a_cancelled_task_is_not_told_that_it_was_late() -> None:
    async def wait() -> None:
        async with TickedTimeout(5):
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
