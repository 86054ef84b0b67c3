"""Connections that die at the worst moment: the ledger sends again, and what was committed is not done twice."""

import asyncio
import contextlib
import random

import psycopg
import pytest
import uvloop

from metering.ledger.commands import Adjust, Command, Expire, Extend
from metering.ledger.postgres.connect import connect
from metering.ledger.postgres.wire import Wire
from metering.ledger.results import Ended, Granted, Result
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension
from tests.faults.proxy import Proxy, proxy_to
from tests.faults.rounds_with_kills import RoundsWithKills, charges_made
from tests.faults.rows import assert_the_ledger_balances, counts, meter_row, query, sweep_once
from tests.faults.waiting import until_leases_are_over
from tests.support.build import line, meter_key, release, reserve, settle

TOKENS = meter_key(Dimension.TOKENS, subject_id="tokens")
LIMIT = 1_000
PROCESSES = 3
STORIES = 900
TERMINATIONS = 40
CUTS = 30
MOST_BYTES = 25_000
"""A new connection's own talk takes about a thousand, a batch several thousand."""
WITHIN_S = 60
SAID_S = 0.5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'gateway-ledger'
"""
DONE = """
SELECT (SELECT count(*) FROM metering_usagereservation) + (SELECT count(*) FROM metering_ledgerentry)
"""


async def number(connection: psycopg.AsyncConnection, query: str) -> int:
    cursor = await connection.execute(query.encode())
    (found,) = await cursor.fetchone() or (0,)
    return int(found)


async def test_a_command_whose_commit_reply_is_lost_is_sent_again_and_counted_once(database: str) -> None:
    async with proxy_to(database) as proxy:
        ledger = LedgerWriter(proxy.url)
        await ledger.start()
        used, unused, lost = (
            reserve(line(TOKENS, 100, LIMIT), lease_s=lease_s).reservation_id for lease_s in (60, 60, 1)
        )
        hold = [line(TOKENS, 100, LIMIT)]
        story: list[Command] = [
            reserve(*hold, id_=used),
            reserve(*hold, id_=unused),
            reserve(*hold, id_=lost, lease_s=1),
            Extend(reservation_id=used, lease_s=60, lines=(line(TOKENS, 50, LIMIT),), sequence=1),
            settle(used, 140),
            release(unused),
            Adjust(reservation_id=used, number=1, reason="faults", output_tokens=-10),
        ]
        answers = [await without_reply(proxy, ledger, command) for command in story]
        await until_leases_are_over(database)
        answers.append(await without_reply(proxy, ledger, Expire(reservation_id=lost)))
        answers.append(await without_reply(proxy, ledger, settle(lost, 30)))
        await ledger.close()

    assert proxy.swallowed == len(answers)
    assert all(isinstance(answer, Granted | Ended) for answer in answers)
    # The first reserve lost the reply to opening its meter instead, so it was carried out only once.
    assert [answer.replayed for answer in answers] == [False] + [True] * (len(answers) - 1)
    row = meter_row(database, TOKENS)
    assert (row.used, row.held, row.overrun) == (140 - 10 + 30, 0, 0)
    assert counts(database) == (3, 5, 2)
    assert_the_ledger_balances(database, grace_s=0)


async def without_reply(proxy: Proxy, ledger: LedgerWriter, command: Command) -> Result:
    proxy.commits_to_swallow = 1
    return await asyncio.wait_for(ledger.submit(command), WITHIN_S)


async def test_connections_cut_anywhere_under_load_lose_and_double_nothing(database: str) -> None:
    dice = random.Random(5)
    async with proxy_to(database) as proxy:
        proxy.cut_after_bytes = lambda: dice.randint(0, MOST_BYTES)
        rounds = RoundsWithKills(database, seed=5, through=proxy.url)
        rounds.new_stories(STORIES)
        await rounds.run([one | {"in_flight": 16} for one in rounds.jobs(PROCESSES)])
    assert proxy.cuts > CUTS
    assert rounds.failed == {}
    await assert_everything_was_charged_once(rounds)


async def test_terminated_backends_under_load_lose_and_double_nothing(database: str) -> None:
    rounds = RoundsWithKills(database, seed=6)
    terminated = 0

    async def terminate() -> None:
        nonlocal terminated
        async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
            done = -1
            while True:
                if await number(connection, DONE) > done:  # else a busy machine would get no batch through
                    terminated += await number(connection, TERMINATE)
                    done = await number(connection, DONE)
                await asyncio.sleep(0.04)

    task = asyncio.create_task(terminate())
    try:
        while terminated < TERMINATIONS:
            rounds.new_stories(STORIES)
            await rounds.run(rounds.jobs(PROCESSES))
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert rounds.failed == {}
    await assert_everything_was_charged_once(rounds)


def test_that_a_session_has_ended_is_seen_by_its_next_batch_on_the_loop_of_production(database: str) -> None:
    async def end_and_send() -> None:
        connection = await connect(database)
        wire = Wire(connection)
        await wire.exchange([("SELECT 1", ())])
        query(database, TERMINATE)
        await asyncio.sleep(SAID_S)  # the server has said so, and nobody has read it
        try:
            with pytest.raises(psycopg.OperationalError):
                await asyncio.wait_for(wire.exchange([("SELECT 1", ()), ("SELECT 2", ())]), WITHIN_S)
        finally:
            await connection.close()

    uvloop.run(end_and_send())


async def assert_everything_was_charged_once(rounds: RoundsWithKills) -> None:
    database = rounds.database
    await until_leases_are_over(database)
    await sweep_once(database)
    assert query(database, "SELECT count(*) FROM metering_usagereservation WHERE state = 0") == [(0,)]
    assert charges_made(database) == rounds.charges_due()
    assert_the_ledger_balances(database, grace_s=0)
