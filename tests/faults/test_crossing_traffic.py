"""Everything at once: reversed orders, the same ids in several processes, a sweeper, limits that change."""

import random
import time
from collections import Counter
from collections.abc import Iterable

import pytest

from metering.ledger.commands import Extend, Reserve
from metering.types import Dimension, ReservationState, Window
from tests.faults.rows import assert_the_ledger_balances, deadlocks, states, sweep_once
from tests.faults.waiting import until_leases_are_over
from tests.faults.workers import Story, Worker, job, started_workers
from tests.support.build import attempt, line, meter_key, release, reserve, settle

METERS = [
    meter_key(dimension, window, subject_id=f"crossing {number}")
    for number, (dimension, window) in enumerate(
        [
            (Dimension.REQUESTS, Window.TOTAL),
            (Dimension.TOKENS, Window.HOUR),
            (Dimension.COST, Window.DAY),
            (Dimension.TOKENS, Window.TOTAL),
            (Dimension.CONCURRENCY, Window.NONE),
            (Dimension.COST, Window.MONTH),
        ]
    )
]
STORIES = 500
PROCESSES = 4
LEASE_S = 1
WITHIN_S = 60
pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


def random_hold(dice: random.Random) -> Reserve:
    """Some of the meters in any order, under limits that are raised and lowered from call to call."""
    keys = dice.sample(METERS, dice.randint(2, len(METERS)))
    lines = [line(key, dice.randint(0, 40), dice.choice([2_000, 30_000, 200_000])) for key in keys]
    return reserve(*lines, lease_s=LEASE_S)


def random_story(dice: random.Random) -> Story:
    hold = random_hold(dice)
    id_ = hold.reservation_id
    key = dice.choice(METERS)
    larger = Extend(reservation_id=id_, lease_s=LEASE_S, lines=(line(key, 3, 200_000),), sequence=1)
    ends: list[Story] = [
        [
            settle(
                id_, attempts=(attempt(output_tokens=dice.randint(0, 60), cost_nano_usd=dice.randint(0, 60)),)
            )
        ],
        [release(id_)],
        [larger, settle(id_, 2)],
        [larger],  # its owner vanishes: the sweeper ends it
        [],
    ]
    # Some ends come when the lease is over, before or after the sweeper.
    return [hold, dice.choice([0.0, 0.1, LEASE_S + 0.2]), *dice.choice(ends)]


def shared_out(stories: list[Story], dice: random.Random) -> Iterable[list[Story]]:
    """Each story to two of the processes, to each in another order."""
    hands: list[list[Story]] = [[] for _ in range(PROCESSES)]
    for story in stories:
        for hand in dice.sample(hands, 2):
            hand.append(story)
    for hand in hands:
        dice.shuffle(hand)
    return hands


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_deadlocks_or_is_lost_when_all_of_it_happens_at_once(database: str, seed: int) -> None:
    dice = random.Random(seed)
    stories = [random_story(dice) for _ in range(STORIES)]
    jobs = [job(database, hand) for hand in shared_out(stories, dice)]
    began = time.monotonic()
    async with started_workers([*jobs, {"database": database, "sweep": True, "every_s": 0.05}]) as everyone:
        *workers, sweeper = everyone
        for worker in everyone:
            worker.begin()
        for worker in workers:
            assert await worker.ended(WITHIN_S) == 0
        assert sweeper.process.returncode is None, "the sweeper broke down"
    assert time.monotonic() - began < WITHIN_S

    assert [event for worker in workers for event in worker.told("failed")] == []
    assert deadlocks(database) == 0
    assert sum(expired for _, expired, _ in sweeper.told("swept")) > 0, "the sweeper had nothing to do"
    assert_nothing_was_done_twice(workers, [job["stories"] for job in jobs])
    await until_leases_are_over(database)
    await sweep_once(database)
    assert ReservationState.HELD not in states(database).values()
    assert_the_ledger_balances(database, grace_s=0)


def assert_nothing_was_done_twice(workers: list[Worker], stories: list[list[tuple[int, Story]]]) -> None:
    """Of two equal commands at most one was carried out; the other was told so."""
    done: Counter[str] = Counter()
    for worker, hand in zip(workers, stories, strict=True):
        for _, number, place, kind, _, facts in worker.told("answered"):
            if kind in ("Granted", "Ended") and not facts["replayed"]:
                done[repr(hand[number][1][place])] += 1
    assert done
    assert max(done.values()) == 1
