"""A listener whose connection is there and says nothing: the process notices, and finds another."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from metering.snapshots import Changes
from metering.snapshots.listener import ChangeListener

pytestmark = pytest.mark.slow
BACKEND = "SELECT pid FROM pg_stat_activity WHERE application_name = 'gateway changes'"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - another process decides
            await asyncio.sleep(0.02)


async def test_a_frozen_connection_counts_as_deaf_and_is_replaced(doomed_database: str) -> None:
    told: list[Any] = []
    changes = Changes()
    listener = ChangeListener(doomed_database, changes)
    await listener.start()
    changes.follow(told.append)
    with psycopg.connect(doomed_database) as connection:
        [(backend,)] = connection.execute(BACKEND).fetchall()
    os.kill(backend, signal.SIGSTOP)
    try:
        await until(lambda: not changes.is_listening)
        assert told == []
        await until(lambda: changes.is_listening)
        assert told == [None], "what was missed is unknown, so everything is dropped"
    finally:
        os.kill(backend, signal.SIGCONT)
        await listener.close()
