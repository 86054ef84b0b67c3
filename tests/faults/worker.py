"""A gateway process reduced to its ledger: carries out stories, tells what it sent and what was answered.

`python -m tests.faults.worker` reads its job as one line of JSON, says "ready", waits for a second line and begins.
A story is a list of commands on one reservation, sent one after the other, with pauses (seconds) and calls of the
vendor between them; it ends early when one is not granted.
Each event is one line, written before anything else happens, so that a kill loses none that came before it.
"""

import asyncio
import json
import os
import signal
import sys
import time
from typing import Any

import msgspec

from metering.errors import MeteringError
from metering.ledger.results import Ended, Granted
from metering.ledger.sweep import sweep_reservations
from metering.ledger.writer import LedgerWriter
from tests.faults.packing import unpacked

VENDOR = "vendor"
"""In a story, in the place of a command: call the vendor."""


def tell(*event: Any) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


class Failpoint:
    """Sends this process a signal when the ledger comes to a step for the nth time."""

    def __init__(self, step: str, nth: int, signal_number: int) -> None:
        self.step, self.left, self.signal_number = step, nth, signal_number

    def __call__(self, step: str) -> None:
        if step != self.step:
            return
        self.left -= 1
        if self.left == 0:
            tell("signal", step)
            os.kill(os.getpid(), self.signal_number)


async def carry_out(writer: LedgerWriter, number: int, story: list[Any], job: dict[str, Any]) -> None:
    for place, step in enumerate(story):
        if step == VENDOR:
            await call_vendor(job["vendor_port"])
            continue
        if isinstance(step, float):
            await asyncio.sleep(step)
            continue
        tell("sent", number, place)
        began = time.monotonic()
        try:
            result = await writer.submit(unpacked(*step))
        except MeteringError as error:
            tell("failed", number, place, error.code, time.monotonic() - began)
            return
        took_s = time.monotonic() - began
        tell("answered", number, place, type(result).__name__, took_s, msgspec.to_builtins(result))
        if not isinstance(result, Granted | Ended):
            return


async def call_vendor(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.read()
    writer.close()


async def run_stories(job: dict[str, Any]) -> None:
    failpoint = Failpoint(*job["failpoint"]) if job.get("failpoint") else None
    writer = LedgerWriter(job["database"], on_step=failpoint)
    await writer.start()
    gate = asyncio.Semaphore(job.get("in_flight", 64))

    async def one(number: int, story: list[Any]) -> None:
        async with gate:
            await carry_out(writer, number, story, job)

    await asyncio.gather(*[one(number, story) for number, story in job["stories"]])
    await writer.close()


async def sweep_for_ever(job: dict[str, Any]) -> None:
    while True:
        swept = await sweep_reservations(job["database"])
        tell("swept", swept.expired, swept.left)
        await asyncio.sleep(job["every_s"])


def main() -> None:
    job = json.loads(sys.stdin.readline())
    tell("ready")
    if not sys.stdin.readline():
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(sweep_for_ever(job) if job.get("sweep") else run_stories(job))
    tell("done")


if __name__ == "__main__":
    main()
