import asyncio
import multiprocessing
import threading
import time

import pytest

from metering.bridge import Bridge, run_sync


async def _double(number: int) -> int:
    await asyncio.sleep(0)
    return number * 2


async def _fail() -> None:
    raise LookupError("inside")


@pytest.fixture
def bridge() -> Bridge:
    return Bridge()


def test_sync_code_gets_the_answer_of_a_coroutine(bridge: Bridge) -> None:
    assert bridge.run(_double(21)) == 42
    bridge.close()


def test_one_loop_serves_every_thread(bridge: Bridge) -> None:
    async def which() -> int:
        return id(asyncio.get_running_loop())

    loops: list[int] = []
    threads = [threading.Thread(target=lambda: loops.append(bridge.run(which()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loops) == 8
    assert len(set(loops)) == 1
    bridge.close()


def test_errors_come_through(bridge: Bridge) -> None:
    with pytest.raises(LookupError, match="inside"):
        bridge.run(_fail())
    bridge.close()


def test_waiting_is_bounded_and_cancels(bridge: Bridge) -> None:
    ended = threading.Event()

    async def endless() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
        bridge.run(endless(), timeout_s=0.05)
    assert time.monotonic() - started < 5
    assert ended.wait(2)
    bridge.close()


def test_closing_cancels_what_runs_and_the_next_use_starts_anew(bridge: Bridge) -> None:
    ended = threading.Event()

    async def leave_something() -> None:
        async def endless() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

        bridge.left = asyncio.create_task(endless())  # type: ignore[attr-defined]
        await asyncio.sleep(0)

    bridge.run(leave_something())
    bridge.close()
    assert ended.is_set()
    assert bridge.run(_double(1)) == 2
    bridge.close()


async def test_an_adopted_loop_is_used_but_not_from_its_own_thread(bridge: Bridge) -> None:
    bridge.adopt(asyncio.get_running_loop())
    with pytest.raises(RuntimeError, match="await instead"):
        bridge.run(_double(1))
    assert await asyncio.to_thread(bridge.run, _double(4)) == 8


def _in_child(answers: "multiprocessing.SimpleQueue[int]") -> None:
    answers.put(run_sync(_double(3), timeout_s=5))


def test_a_forked_child_gets_a_loop_of_its_own() -> None:
    assert run_sync(_double(2)) == 4
    fork = multiprocessing.get_context("fork")
    answers: multiprocessing.SimpleQueue[int] = fork.SimpleQueue()
    child = fork.Process(target=_in_child, args=(answers,))
    child.start()
    child.join(10)
    assert child.exitcode == 0
    assert answers.get() == 6
