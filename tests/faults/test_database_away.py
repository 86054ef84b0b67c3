"""PostgreSQL is away, or hears and does not answer: callers are told in bounded time, and it heals by itself."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from launcher.postgres import EmbeddedPostgres
from metering.errors import LedgerOverloaded, MeteringUnavailable
from metering.ledger.commands import Command
from metering.ledger.results import Ended, Granted, Result
from metering.ledger.writer import DEADLINE_S, MAX_BATCH, MAX_WAITING, LedgerWriter
from metering.types import Dimension, ReservationState
from tests.faults.proxy import proxy_to
from tests.faults.rows import assert_the_ledger_balances, counts, meter_row, states
from tests.support.build import line, meter_key, release, reserve

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
LIMIT = 10**6
MANY = 12 * MAX_BATCH
AT_MOST_S = DEADLINE_S + 20
"""The deadline, one batch that was under way when it passed, and what a busy machine adds."""
HEALED_WITHIN_S = 25
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
Answer = tuple[Result | MeteringUnavailable, float]


@contextlib.asynccontextmanager
async def writing_to(database: str) -> AsyncIterator[LedgerWriter]:
    ledger = LedgerWriter(database)
    await ledger.start()
    try:
        yield ledger
    finally:
        await ledger.close(1)


async def timed(ledger: LedgerWriter, command: Command) -> Answer:
    """The answer, and how long it took."""
    began = time.monotonic()
    try:
        return await ledger.submit(command), time.monotonic() - began
    except MeteringUnavailable as error:
        return error, time.monotonic() - began


async def send_all(ledger: LedgerWriter, commands: list[Command], *, within_s: float) -> list[Answer]:
    return await asyncio.wait_for(asyncio.gather(*[timed(ledger, command) for command in commands]), within_s)


def holds(count: int) -> list[Command]:
    return [reserve(line(TOKENS, 1, LIMIT)) for _ in range(count)]


async def assert_all_are_sent_away(ledger: LedgerWriter, commands: list[Command]) -> None:
    answers = await send_all(ledger, commands, within_s=60)
    assert all(isinstance(answer, MeteringUnavailable) for answer, _ in answers)
    assert max(took for _, took in answers) < AT_MOST_S
    assert not ledger.is_reachable


async def test_while_the_database_is_down_callers_are_sent_away_in_time(
    doomed_server: EmbeddedPostgres, doomed_database: str
) -> None:
    async with writing_to(doomed_database) as ledger:
        await ledger.submit(reserve(line(TOKENS, 0, LIMIT)))
        doomed_server.stop("immediate")
        commands = holds(MANY)
        await assert_all_are_sent_away(ledger, commands)
        await asyncio.to_thread(doomed_server.start)
        # An ambiguous reserve is cancelled by releasing its id, a cancelled one cannot come back.
        cancelled = [release(command.reservation_id) for command in commands[:50]]
        answers = await send_all(ledger, [*cancelled, *commands[50:]], within_s=HEALED_WITHIN_S)
        assert all(isinstance(answer, Ended | Granted) for answer, _ in answers)
        assert ledger.is_reachable
    assert meter_row(doomed_database, TOKENS).held == MANY - 50
    assert_the_ledger_balances(doomed_database)


async def test_while_the_database_is_silent_callers_are_sent_away_in_time(database: str) -> None:
    async with proxy_to(database) as proxy, writing_to(proxy.url) as ledger:
        await ledger.submit(reserve(line(TOKENS, 0, LIMIT)))
        commands = holds(MANY)
        proxy.is_deaf = True
        await assert_all_are_sent_away(ledger, commands)
        proxy.is_deaf = False
        answers = await send_all(ledger, commands, within_s=HEALED_WITHIN_S)
        assert all(isinstance(answer, Granted) for answer, _ in answers)
    assert meter_row(database, TOKENS).held == MANY
    assert_the_ledger_balances(database)


async def test_a_commit_that_is_never_answered_ends_in_time_and_counts_once(database: str) -> None:
    """The connection stays open, so that only the writer's own patience ends it."""
    async with proxy_to(database) as proxy, writing_to(proxy.url) as ledger:
        await ledger.submit(reserve(line(TOKENS, 0, LIMIT)))
        [lost, *_] = commands = holds(3)
        proxy.falls_silent_at_commit = True
        answers = await send_all(ledger, commands, within_s=AT_MOST_S)
        proxy.falls_silent_at_commit = False
        assert {type(answer) for answer, _ in answers} <= {Granted, MeteringUnavailable}
        await ledger.submit(release(lost.reservation_id))
    assert states(database)[str(lost.reservation_id)] == ReservationState.RELEASED
    assert meter_row(database, TOKENS).held == 2
    assert_the_ledger_balances(database)


async def test_a_writer_that_is_closed_while_it_retries_answers_everybody() -> None:
    async with writing_to(NOWHERE) as ledger:
        callers = [asyncio.create_task(timed(ledger, command)) for command in holds(MANY)]
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await ledger.close(deadline_s=0.5)
        answers = await asyncio.wait_for(asyncio.gather(*callers), 9)
        assert time.monotonic() - began < DEADLINE_S
        assert all(isinstance(answer, MeteringUnavailable) for answer, _ in answers)


async def test_one_command_too_many_is_turned_away_at_once_and_the_others_are_served(database: str) -> None:
    async with proxy_to(database) as proxy, writing_to(proxy.url) as ledger:
        await ledger.submit(reserve(line(TOKENS, 0, LIMIT)))
        proxy.is_deaf = True
        callers = [asyncio.create_task(timed(ledger, command)) for command in holds(MAX_WAITING + MAX_BATCH)]
        await asyncio.sleep(0)
        for command in holds(100):
            answer, took = await timed(ledger, command)
            assert isinstance(answer, LedgerOverloaded)
            assert took < DEADLINE_S / 2
        proxy.is_deaf = False
        answers = [answer for answer, _ in await asyncio.wait_for(asyncio.gather(*callers), 60)]
        granted = sum(isinstance(answer, Granted) for answer in answers)
        assert MAX_WAITING <= granted <= MAX_WAITING + MAX_BATCH
        assert all(isinstance(answer, Granted | LedgerOverloaded) for answer in answers)
        assert isinstance(await ledger.submit(reserve(line(TOKENS, 1, LIMIT))), Granted)
    assert meter_row(database, TOKENS).held == granted + 1
    assert counts(database)[0] == granted + 2
    assert_the_ledger_balances(database)
