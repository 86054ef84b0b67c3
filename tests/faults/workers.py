"""Worker processes as a test sees them: started together, listened to, killed by their own id only."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from metering.ledger.commands import Command
from tests.faults.packing import packed

REPOSITORY = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 90
LINE_LIMIT = 1 << 24
Story = list[Command | str | float]
"""Commands, calls of the vendor, pauses in seconds."""
Event = list[Any]


class Worker:
    """One process, and every event it told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: list[Event] = []
        self._ready = asyncio.Event()
        self._listener = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        async for text in self.process.stdout:
            self.events.append(json.loads(text))
            if self.events[-1][0] == "ready":
                self._ready.set()
        self._ready.set()

    async def ready(self) -> None:
        await asyncio.wait_for(self._ready.wait(), START_TIMEOUT_S)

    def begin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")

    async def ended(self, timeout_s: float) -> int:
        """Its exit status, once all it told has been read. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await asyncio.shield(self._listener)
            return await self.process.wait()

    def send_signal(self, number: int) -> None:
        """Past asyncio's own way, which collects a process that has just ended and then misses its exit status."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    async def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
        await self.ended(START_TIMEOUT_S)

    def told(self, kind: str) -> list[Event]:
        return [event for event in self.events if event[0] == kind]

    def answers(self, kind: str) -> list[Event]:
        """The events of the answers of one type, such as "Granted"."""
        return [event for event in self.told("answered") if event[3] == kind]


@contextlib.asynccontextmanager
async def started_workers(jobs: Iterable[dict[str, Any]]) -> AsyncIterator[list[Worker]]:
    """Processes that are ready, one for each job; whatever of them is left at the end is killed."""
    workers: list[Worker] = []
    try:
        for job in jobs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.faults.worker",
                cwd=REPOSITORY,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LINE_LIMIT,
            )
            workers.append(Worker(process))
            assert process.stdin is not None
            process.stdin.write(json.dumps(job).encode() + b"\n")
        for worker in workers:
            await worker.ready()
        yield workers
    finally:
        for worker in workers:
            await worker.kill()


async def run_together(jobs: Iterable[dict[str, Any]], *, within_s: float) -> list[Worker]:
    """Let all begin at the same moment and end by themselves, every command answered.

    Raises TimeoutError, and kills them, when they do not.
    """
    async with started_workers(jobs) as workers:
        for worker in workers:
            worker.begin()
        for worker in workers:
            assert await worker.ended(within_s) == 0, "a worker broke down"
            assert worker.told("failed") == [], "the ledger sent a caller away"
        return workers


def job(database: str, stories: Iterable[Story], **settings: Any) -> dict[str, Any]:
    """What a worker is told to do; stories are numbered in the order given."""
    sent = [[step if isinstance(step, str | float) else packed(step) for step in story] for story in stories]
    return {"database": database, "stories": list(enumerate(sent)), **settings}
