"""The writer answers every command once, and no command spoils the others of its batch."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from msgspec.structs import replace

from metering.errors import InvalidRequest, LedgerOverloaded, MeteringUnavailable
from metering.ledger import writer as writer_module
from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Settle
from metering.ledger.results import Ended, Granted
from metering.ledger.writer import LedgerWriter
from tests.integration.metering.ledger import stored
from tests.support import build

POISON = "ALTER TABLE metering_usagelog ADD CONSTRAINT poison CHECK (response_model <> 'poison')"
CURE = "ALTER TABLE metering_usagelog DROP CONSTRAINT poison"


@pytest.fixture
def poisoned(database: psycopg.Connection) -> Iterator[None]:
    """A database that refuses what passes every check."""
    database.execute(POISON)
    yield
    database.execute(CURE)


def poison(settle: Settle) -> Settle:
    [attempt] = settle.attempts
    return replace(settle, attempts=(replace(attempt, response_model="poison"),))


@pytest.mark.usefixtures("poisoned")
async def test_a_command_that_the_database_refuses_does_not_sink_its_batch(
    ledger: LedgerWriter, database: psycopg.Connection, conninfo: str
) -> None:
    meter = build.meter_key()
    holds = [build.reserve(build.line(meter, 1, 1000)) for _ in range(60)]
    await asyncio.gather(*[ledger.submit(hold) for hold in holds])
    settlements = [build.settle(hold.reservation_id, 1) for hold in holds]
    settlements[41] = poison(settlements[41])

    answers = await asyncio.gather(*[ledger.submit(each) for each in settlements], return_exceptions=True)

    assert [place for place, answer in enumerate(answers) if isinstance(answer, InvalidRequest)] == [41]
    assert sum(isinstance(answer, Ended) for answer in answers) == 59
    assert stored.meter_row(database, meter) == {
        "used": 59,
        "held": 1,
        "overrun": 0,
        "unenforced": 0,
        "highest_limit": 1000,
    }
    assert verify_ledger(conninfo) == []


@pytest.mark.usefixtures("poisoned")
async def test_a_reservation_whose_command_was_refused_can_still_be_ended(ledger: LedgerWriter) -> None:
    hold = build.reserve(build.line(build.meter_key()))
    await ledger.submit(hold)
    with pytest.raises(InvalidRequest):
        await ledger.submit(poison(build.settle(hold.reservation_id, 1)))

    async with asyncio.timeout(3):
        assert isinstance(await ledger.submit(build.release(hold.reservation_id)), Ended)


async def test_a_writer_that_was_not_started_is_unavailable(conninfo: str) -> None:
    with pytest.raises(MeteringUnavailable):
        await LedgerWriter(conninfo).submit(build.reserve(build.line(build.meter_key())))


async def test_a_closed_writer_is_unavailable(conninfo: str) -> None:
    writer = LedgerWriter(conninfo)
    await writer.start()
    await writer.close()

    with pytest.raises(MeteringUnavailable):
        await writer.submit(build.reserve(build.line(build.meter_key())))


async def test_closing_carries_out_what_waits(conninfo: str, database: psycopg.Connection) -> None:
    writer = LedgerWriter(conninfo)
    await writer.start()
    line = build.line(build.meter_key(), 1, 100)
    waiting = [asyncio.create_task(writer.submit(build.reserve(line))) for _ in range(50)]
    await asyncio.sleep(0)

    await writer.close()

    assert all(isinstance(answer, Granted) for answer in await asyncio.gather(*waiting))
    assert stored.count(database, "metering_usagereservation") == 50


async def test_too_many_waiting_commands_are_turned_away(
    ledger: LedgerWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MAX_WAITING", 10)
    line = build.line(build.meter_key(), 1, 100)

    answers = await asyncio.gather(
        *[ledger.submit(build.reserve(line)) for _ in range(30)], return_exceptions=True
    )

    assert sum(isinstance(answer, Granted) for answer in answers) == 10
    assert sum(isinstance(answer, LedgerOverloaded) for answer in answers) == 20


async def test_a_caller_that_goes_away_leaves_its_command_to_be_carried_out(
    ledger: LedgerWriter, database: psycopg.Connection
) -> None:
    hold = build.reserve(build.line(build.meter_key()))
    gone = asyncio.create_task(ledger.submit(hold))
    await asyncio.sleep(0)
    gone.cancel()

    answer = await ledger.submit(hold)

    assert isinstance(answer, Granted)
    assert stored.count(database, "metering_usagereservation") == 1


async def test_two_connections_answer_as_many_as_the_limit_has_room_for(conninfo: str) -> None:
    writers = [LedgerWriter(conninfo) for _ in range(3)]
    for writer in writers:
        await writer.start()
    lines = [build.line(build.meter_key(), 1, 40), build.line(build.meter_key(), 1, 25)]

    answers = await asyncio.gather(
        *[
            writer.submit(build.reserve(*(lines if place % 2 else lines[::-1])))
            for place in range(100)
            for writer in writers
        ]
    )

    assert sum(isinstance(answer, Granted) for answer in answers) == 25
    assert verify_ledger(conninfo) == []
    for writer in writers:
        await writer.close()
