"""Real processes, of which one alone tries a vendor that may be back."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from metering.ids import uuid7
from tests.integration.providers.routing.process import process, until

REPOSITORY = Path(__file__).parents[4]
PROGRAM = "tests.integration.providers.routing.process"
pytestmark = pytest.mark.slow


async def test_of_three_processes_exactly_one_call_tries_a_half_open_vendor() -> None:
    url, vendors = os.environ["REDIS_URL"], (f"acme-{uuid7()}", f"bolt-{uuid7()}")
    others = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            PROGRAM,
            url,
            *vendors,
            cwd=REPOSITORY,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    try:
        async with asyncio.timeout(60), process(url, vendors) as here:
            for other in others:
                assert other.stdout is not None
                assert await other.stdout.readline() == b"ready\n"
            here.open(cool_s=0.0)
            await until(lambda: not here.router.board.changed)
            await asyncio.sleep(0.5)  # every process has asked since
            for other in others:
                assert other.stdin is not None
                other.stdin.write(b"go\n")
            tries = [int(await other.stdout.readline()) for other in others if other.stdout is not None]
            assert sum(tries) == 1
    finally:
        for other in others:
            other.kill()
            await other.wait()
