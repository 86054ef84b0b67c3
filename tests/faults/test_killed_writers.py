"""kill -9 of writer processes, at every failpoint and at any moment: nothing is lost, nothing counted twice."""

import signal

import pytest

from metering.ledger.commands import Settle
from metering.types import ReservationState
from tests.faults.rounds_with_kills import SCARCE, RoundsWithKills, charges_made
from tests.faults.rows import assert_the_ledger_balances, meter_row, query, states, sweep_once
from tests.faults.waiting import until_leases_are_over

PROCESSES = 3
STORIES = 90
FAILPOINTS = ["before_lock", "after_lock", "before_commit", "after_commit", "before_answer"]
COMMITTED = FAILPOINTS[3:]
FAILPOINT_ROUNDS = 2
RANDOM_KILLS = 27
"""Together with the failpoints' 5 x 2 x 3, more than fifty."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.mark.parametrize("failpoint", FAILPOINTS)
async def test_writers_killed_at_a_failpoint_charge_everything_once(database: str, failpoint: str) -> None:
    rounds = RoundsWithKills(database, seed=FAILPOINTS.index(failpoint))
    for _ in range(FAILPOINT_ROUNDS):
        rounds.new_stories(STORIES)
        jobs = rounds.jobs(PROCESSES)
        for job in jobs:
            job["failpoint"] = [failpoint, rounds.dice.randint(1, 5), signal.SIGKILL]
            job["in_flight"] = 10
        await rounds.run(jobs)

    assert rounds.kills["writer"] == FAILPOINT_ROUNDS * PROCESSES
    await finish(rounds)
    if failpoint in COMMITTED:
        assert rounds.replayed > 0, "what was committed and not answered was not sent again"


async def test_writers_and_sweepers_killed_at_any_moment_charge_everything_once(database: str) -> None:
    rounds = RoundsWithKills(database, seed=99)
    while rounds.kills["writer"] < RANDOM_KILLS:
        rounds.new_stories(8 * STORIES)
        sweeper = {"database": database, "sweep": True, "every_s": 0.02}
        await rounds.run([*rounds.jobs(PROCESSES), sweeper], kill_after_s=0.15)

    assert rounds.kills["sweeper"] > RANDOM_KILLS / PROCESSES / 2
    await finish(rounds)


async def finish(rounds: RoundsWithKills) -> None:
    """Send again what was not answered, let the leases run out, sweep once: the books must be exact."""
    database = rounds.database
    await rounds.run(rounds.jobs(PROCESSES))
    assert rounds.failed == {}
    await until_leases_are_over(database)
    await sweep_once(database)

    assert ReservationState.HELD not in states(database).values()
    assert charges_made(database) == rounds.charges_due()
    assert meter_row(database, SCARCE).used <= 10
    settled = {str(story[-1].reservation_id) for story in rounds.stories if isinstance(story[-1], Settle)}
    logged = query(database, "SELECT reservation_id::text FROM metering_usagelog WHERE outcome = 'ok'")
    answered = settled & states(database).keys()
    assert sorted(row[0] for row in logged) == sorted(answered)
    assert_the_ledger_balances(database, grace_s=0)
