"""Coarse time limits: what ends in time costs nothing, what does not is told."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from metering.time_limits import LOOK_S, CoarseTimeout, coarse_timers

WHO: ContextVar[str] = ContextVar("who")


async def test_a_block_that_lasts_too_long_is_timed_out() -> None:
    with pytest.raises(TimeoutError), CoarseTimeout(0.01):
        await asyncio.sleep(30)
    await asyncio.sleep(0)  # the task itself goes on, uncancelled


async def test_a_block_that_ends_in_time_is_left_alone() -> None:
    with CoarseTimeout(0.01):
        pass
    await asyncio.sleep(LOOK_S * 3)


async def test_a_limit_inside_another_ends_alone() -> None:
    with CoarseTimeout(30):
        with pytest.raises(TimeoutError), CoarseTimeout(0.01):
            await asyncio.sleep(30)
        await asyncio.sleep(0)


async def test_somebody_elses_cancellation_is_not_taken_for_a_timeout() -> None:
    async def wait() -> None:
        with CoarseTimeout(30):
            await asyncio.sleep(30)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancelled_timer_never_calls_back() -> None:
    called: list[int] = []
    kept = coarse_timers().start(0.01, lambda: called.append(1))
    dropped = coarse_timers().start(0.01, lambda: called.append(2))
    coarse_timers().cancel(dropped)
    await asyncio.sleep(LOOK_S * 3)
    coarse_timers().cancel(kept)
    assert called == [1]


async def test_a_callback_may_cancel_the_next_one() -> None:
    called: list[int] = []
    timers = coarse_timers()
    later: list[object] = []
    timers.start(0.01, lambda: (called.append(1), timers.cancel(later[0]))[0])
    later.append(timers.start(0.01, lambda: called.append(2)))
    await asyncio.sleep(LOOK_S * 3)
    assert called == [1]


def test_a_loop_looks_after_its_own_timers_only() -> None:
    """One loop after another, with a timer left open by the first; and one in a thread of its own."""

    async def leave_one() -> None:
        coarse_timers().start(30, lambda: None)

    async def time_out() -> None:
        with pytest.raises(TimeoutError), CoarseTimeout(0.01):
            await asyncio.sleep(30)

    def run_both() -> None:
        asyncio.run(leave_one())
        asyncio.run(time_out())
        done.append(True)

    done: list[bool] = []
    threads = [threading.Thread(target=run_both) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(done) == 3


async def test_a_callback_runs_as_whoever_started_it_not_as_the_first_who_is_looked_after() -> None:
    seen: list[str] = []
    together = asyncio.Barrier(2)

    async def start(name: str) -> None:
        WHO.set(name)
        await together.wait()
        coarse_timers().start(0.01, lambda: seen.append(WHO.get()))

    await asyncio.gather(start("r-1"), start("r-2"))
    await asyncio.sleep(LOOK_S * 3)
    assert sorted(seen) == ["r-1", "r-2"]
