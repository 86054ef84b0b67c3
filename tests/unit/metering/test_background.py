import asyncio
import logging

import pytest

from metering.background import BackgroundTasks


async def test_draining_waits_for_what_runs() -> None:
    tasks = BackgroundTasks()
    done = []

    async def work() -> None:
        await asyncio.sleep(0.02)
        done.append(1)

    tasks.spawn(work(), name="work")
    assert await tasks.drain(5) == 0
    assert (done, tasks.running) == ([1], 0)


async def test_what_is_late_is_stopped_and_counted() -> None:
    tasks = BackgroundTasks()
    tasks.spawn(asyncio.sleep(60), name="late")
    assert await tasks.drain(0.02) == 1
    assert tasks.running == 0


async def test_an_unexpected_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    tasks = BackgroundTasks()

    async def broken() -> None:
        raise LookupError("nobody waits for me")

    with caplog.at_level(logging.ERROR):
        tasks.spawn(broken(), name="broken")
        await tasks.drain(1)
    assert "background.failed" in caplog.text


async def test_a_task_that_is_stopped_as_soon_as_it_was_spawned_still_undoes_what_it_has_to() -> None:
    tasks, undone = BackgroundTasks(), []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            undone.append(True)

    task = tasks.spawn(work(), name="work")
    assert tasks.cancel(["work"]) == 1
    await asyncio.wait([task], timeout=30)
    assert undone == [True]
