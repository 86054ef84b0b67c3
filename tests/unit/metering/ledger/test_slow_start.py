"""A ledger process that takes long to start is waited for."""

import asyncio
import os
import sys

import pytest

from launcher.configuration import REPOSITORY
from metering.errors import MeteringUnavailable
from metering.ledger.apart.client import LedgerProcess
from tests.unit.metering.ledger.kit import reserve

SLOW = """
import os, time
from metering.ledger.apart.messages import State, message
time.sleep(2)
os.write(0, message(0, State(True, 0, 0)))
time.sleep(60)
"""


async def test_a_process_that_starts_slowly_is_not_ended_while_commands_wait() -> None:
    ledger = LedgerProcess(
        [sys.executable, "-c", SLOW],
        "",
        environment=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        deadline_s=0.1,
    )
    await ledger.start()
    first = ledger.pid
    assert first is not None
    try:
        async with asyncio.timeout(50):
            while not ledger.is_reachable:
                with pytest.raises(MeteringUnavailable):
                    await ledger.submit(reserve())
        assert ledger.pid == first
    finally:
        os.kill(first, 9)
        await ledger.close()
