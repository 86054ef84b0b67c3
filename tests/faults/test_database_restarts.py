"""PostgreSQL crashes and comes back under load: what was answered is there, what was not is sent again."""

import asyncio
import os
import signal
from collections.abc import Callable

import psycopg
import pytest

from launcher.postgres import EmbeddedPostgres
from launcher.process import wait_until
from tests.faults.rounds_with_kills import RoundsWithKills, charges_made
from tests.faults.rows import assert_the_ledger_balances, query, sweep_once
from tests.faults.waiting import until, until_leases_are_over
from tests.faults.workers import started_workers

PROCESSES = 3
STORIES = 2_000
CRASHES = 2
LOAD_S = 0.2
WITHIN_S = 60
A_BACKEND = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gateway-ledger' LIMIT 1
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def stop_immediately(server: EmbeddedPostgres, _: str) -> None:
    server.stop("immediate")
    server.start()


def kill_a_backend(server: EmbeddedPostgres, database: str) -> None:
    """The postmaster then restarts every process, as after any crash."""
    for (pid,) in query(database, A_BACKEND):
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: answers(database), WITHIN_S)


def answers(database: str) -> bool:
    try:
        return query(database, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


@pytest.mark.parametrize("crash", [stop_immediately, kill_a_backend])
async def test_nothing_answered_is_lost_when_the_database_crashes_under_load(
    doomed_server: EmbeddedPostgres, doomed_database: str, crash: Callable[[EmbeddedPostgres, str], None]
) -> None:
    rounds = RoundsWithKills(doomed_database, seed=3)
    crashes = 0
    while crashes < CRASHES:
        rounds.new_stories(STORIES)
        jobs = rounds.jobs(PROCESSES)
        async with started_workers(jobs) as workers:
            for worker in workers:
                worker.begin()
            await until(lambda: all(worker.told("answered") for worker in workers), within_s=WITHIN_S)
            await asyncio.sleep(rounds.dice.uniform(0, LOAD_S))
            crashes += any(worker.process.returncode is None for worker in workers)
            await asyncio.to_thread(crash, doomed_server, doomed_database)
            await rounds.learn_from_all(workers, jobs)
    await rounds.run(rounds.jobs(PROCESSES))

    # The database was back within the writer's deadline each time, so nobody was sent away.
    assert rounds.failed == {}
    await until_leases_are_over(doomed_database)
    await sweep_once(doomed_database)
    assert charges_made(doomed_database) == rounds.charges_due()
    assert_the_ledger_balances(doomed_database, grace_s=0)
