"""A command that the database refuses fails alone: whoever shares its batch is served."""

import asyncio
import time

import msgspec
import pytest

from metering.errors import InvalidRequest, MeteringError
from metering.ledger.commands import Command, Extend
from metering.ledger.results import Granted, Refused, Result
from metering.ledger.writer import LedgerWriter
from metering.types import MAX_AMOUNT, Dimension, Window
from tests.faults.rows import assert_the_ledger_balances, counts, meter_row, query
from tests.support.build import line, meter_key, release, reserve

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
LIMIT = 10**6
OTHERS = 120
WITHIN_S = 25
FAR_AWAY_MS = 2**47
REFUSALS = [
    ("23514", 0),
    ("23514", OTHERS),
    *((sqlstate, 77) for sqlstate in ("22003", "23505", "42501", "0A000", "54000", "P0001", "XX001")),
]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

REFUSING_TRIGGER = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'poison' USING ERRCODE = '{sqlstate}'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON metering_usagereservation
    FOR EACH ROW WHEN (NEW.request_id = 'poison') EXECUTE FUNCTION refuse();
"""


def poisonous_reserve() -> Command:
    hold = reserve(line(TOKENS, 1, LIMIT))
    return msgspec.structs.replace(hold, labels=msgspec.structs.replace(hold.labels, request_id="poison"))


async def submit_all(database: str, commands: list[Command]) -> list[Result | BaseException]:
    ledger = LedgerWriter(database)
    await ledger.start()
    await ledger.submit(reserve(line(TOKENS, 0, LIMIT)))
    try:
        sent = [ledger.submit(command) for command in commands]
        async with asyncio.timeout(WITHIN_S):
            return await asyncio.gather(*sent, return_exceptions=True)
    finally:
        await ledger.close(1)


@pytest.mark.parametrize(("sqlstate", "place"), REFUSALS)
async def test_what_the_database_refuses_does_not_sink_the_rest_of_its_batch(
    database: str, sqlstate: str, place: int
) -> None:
    query(database, REFUSING_TRIGGER.format(sqlstate=sqlstate))
    commands: list[Command] = [reserve(line(TOKENS, 1, LIMIT)) for _ in range(OTHERS)]
    commands.insert(place, poisonous_reserve())
    answers = await submit_all(database, commands)

    poisoned = answers.pop(place)
    assert isinstance(poisoned, InvalidRequest)
    assert all(isinstance(answer, Granted) for answer in answers)
    assert meter_row(database, TOKENS).held == OTHERS
    assert counts(database)[0] == OTHERS + 1
    assert_the_ledger_balances(database)


def unknown_zone() -> list[Command]:
    day = meter_key(Dimension.TOKENS, Window.DAY, subject_id="zoned")
    return [reserve(line(msgspec.structs.replace(day, timezone="Nowhere/Land"), 1, LIMIT))]


def overlong_subject_type() -> list[Command]:
    return [reserve(line(msgspec.structs.replace(TOKENS, subject_type="x" * 11), 1, LIMIT))]


def subject_type_with_nul() -> list[Command]:
    return [reserve(line(msgspec.structs.replace(TOKENS, subject_type="a\0b"), 1, LIMIT))]


def release_of_an_id_of_another_age() -> list[Command]:
    hold = reserve()
    far = hold.reservation_id.int & ((1 << 80) - 1) | (FAR_AWAY_MS << 80)
    return [release(type(hold.reservation_id)(int=far))]


def bound_beyond_64_bits() -> list[Command]:
    hold = reserve(line(TOKENS, 1, LIMIT))
    half = msgspec.structs.replace(hold.bound, output_tokens=MAX_AMOUNT)
    doubled = Extend(
        reservation_id=hold.reservation_id,
        lease_s=60,
        lines=(line(TOKENS, 1, LIMIT),),
        bound=half,
        sequence=1,
    )
    return [msgspec.structs.replace(hold, bound=half), doubled]


@pytest.mark.parametrize(
    "poison",
    [
        unknown_zone,
        overlong_subject_type,
        subject_type_with_nul,
        release_of_an_id_of_another_age,
        bound_beyond_64_bits,
    ],
)
async def test_commands_that_nobody_could_carry_out_harm_only_themselves(database: str, poison) -> None:
    *before, bad = poison()
    commands: list[Command] = [reserve(line(TOKENS, 1, LIMIT)) for _ in range(OTHERS)]
    began = time.monotonic()
    answers = await submit_all(database, [*before, *commands[:60], bad, *commands[60:]])

    refused = answers.pop(len(before) + 60)
    assert isinstance(refused, MeteringError | Refused)
    assert all(isinstance(answer, Granted) for answer in answers)
    assert time.monotonic() - began < WITHIN_S
    assert_the_ledger_balances(database)
