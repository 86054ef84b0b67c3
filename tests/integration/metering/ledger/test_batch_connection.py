"""What a connection does with commands whose senders' time is over while their batch is taken apart."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import psycopg
import pytest

from metering.errors import MeteringUnavailable
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.batch_connection import Batch, BatchConnection, WaitingCommand, WaitingCommands
from metering.ledger.commands import Command
from metering.ledger.postgres.openings import Openings
from metering.ledger.postgres.process_cache import ProcessCache
from metering.ledger.postgres.store import PostgresStore
from metering.ledger.results import Granted, Result
from tests.integration.metering.ledger import stored
from tests.support import build

pytestmark = pytest.mark.usefixtures("clean_in_the_end")


@pytest.fixture
async def connection(conninfo: str) -> AsyncIterator[BatchConnection]:
    waiting = WaitingCommands(connections=1, max_batch=512)
    store = PostgresStore(conninfo, ProcessCache(), Openings(conninfo))
    made = BatchConnection(store, waiting, on_step=None, on_batch=lambda _: None, reached=lambda _: None)
    yield made
    await made.close()


def batch_of(commands: list[Command], gives_up_in_s: float) -> Batch:
    loop = asyncio.get_running_loop()
    return [
        WaitingCommand(command, loop.create_future(), monotonic() + gives_up_in_s) for command in commands
    ]


async def carried_out(connection: BatchConnection, batch: Batch) -> list[Result | BaseException]:
    await connection.carry_out(batch)
    async with asyncio.timeout(5):
        return await asyncio.gather(*[item.answer for item in batch], return_exceptions=True)


async def test_pieces_beside_a_tombstone_are_given_up_once_their_time_is_over(
    connection: BatchConnection, database: psycopg.Connection
) -> None:
    commands = [
        build.reserve(build.line(build.meter_key())),
        build.release(uuid7()),
        build.reserve(build.line(build.meter_key())),
    ]

    answers = await carried_out(connection, batch_of(commands, gives_up_in_s=-1))

    assert [type(answer) for answer in answers] == [MeteringUnavailable] * 3
    assert stored.count(database, "metering_usagereservation") == 0


async def test_halves_of_a_refused_batch_are_given_up_once_their_time_is_over(
    connection: BatchConnection, database: psycopg.Connection
) -> None:
    """PostgreSQL takes no text with a NUL; the writer would not have let it in."""
    refused = build.reserve(build.line(build.meter_key()), labels=Labels(request_id="\0", task="LLM0_CHAT"))
    commands = [refused, build.reserve(build.line(build.meter_key()))]

    answers = await carried_out(connection, batch_of(commands, gives_up_in_s=-1))

    assert [type(answer) for answer in answers] == [MeteringUnavailable] * 2
    assert stored.count(database, "metering_usagereservation") == 0


async def test_pieces_beside_a_tombstone_are_carried_out_in_time(connection: BatchConnection) -> None:
    commands = [
        build.reserve(build.line(build.meter_key())),
        build.release(uuid7()),
        build.reserve(build.line(build.meter_key())),
    ]

    first, tombstone, last = await carried_out(connection, batch_of(commands, gives_up_in_s=10))

    assert isinstance(first, Granted)
    assert isinstance(last, Granted)
    assert not isinstance(tombstone, BaseException)
