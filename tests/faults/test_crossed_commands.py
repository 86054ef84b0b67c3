"""Duplicate, late and crossed commands on one reservation, from several connections: as the published table says."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from itertools import permutations
from uuid import UUID

import msgspec
import pytest

from metering.ids import uuid7
from metering.ledger.commands import Command
from metering.ledger.results import Denied, Ended, Granted, Refused
from metering.ledger.writer import LedgerWriter
from tests.faults.crossed_cases import CASES, LIMIT, TOKENS, Commands
from tests.faults.published_model import Reservation, Said, order_that_explains
from tests.faults.rows import assert_the_ledger_balances, deadlocks, states
from tests.faults.waiting import until_leases_are_over
from tests.faults.workers import job, run_together
from tests.support.build import line, reserve
from tests.unit.metering.ledger.state_table import word_for

CONNECTIONS = 3
RACES = 60
WITHIN_S = 60
RESULTS = {kind.__name__: kind for kind in (Granted, Denied, Ended, Refused)}
NUMBERS = {"held": 0, "held, lease over": 0, "settled": 1, "released": 2, "tombstone": 2}
EXPIRED = 3
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def held_past_its_lease(database: str, count: int) -> list[tuple[UUID, Reservation]]:
    """Holds that nobody swept."""
    holds = [reserve(line(TOKENS, 10, LIMIT), lease_s=1) for _ in range(count)]
    ledger = LedgerWriter(database)
    await ledger.start()
    await asyncio.gather(*[ledger.submit(hold) for hold in holds])
    await ledger.close()
    await until_leases_are_over(database)
    return [(hold.reservation_id, Reservation(state="held, lease over", reserved=hold)) for hold in holds]


async def starts(database: str, count: int, lease_is_over: bool) -> list[tuple[UUID, Reservation]]:
    if lease_is_over:
        return await held_past_its_lease(database, count)
    return [(uuid7(), Reservation()) for _ in range(count)]


def assert_it_ended_as(database: str, ends: dict[UUID, list[Reservation]]) -> None:
    known = states(database)
    for id_, possible in ends.items():
        expected = {None if end.state == "absent" else NUMBERS.get(end.state, EXPIRED) for end in possible}
        assert known.get(str(id_)) in expected


@pytest.mark.parametrize(("case", "lease_is_over"), CASES)
async def test_every_order_of_the_commands_is_answered_as_published(
    database: str, case: Callable[[UUID], Commands], lease_is_over: bool
) -> None:
    orders = list(permutations(range(len(case(uuid7())))))
    ledgers = [LedgerWriter(database) for _ in range(CONNECTIONS)]
    for ledger in ledgers:
        await ledger.start()
    ends: dict[UUID, list[Reservation]] = {}

    async def tell(id_: UUID, reservation: Reservation, order: tuple[int, ...], turn: int) -> None:
        commands = case(id_)
        # Each is sent by another connection than the one before, and all of them once more in the end.
        for place, number in enumerate([*order, *order]):
            expected, reservation = reservation.after(commands[number])
            result = await ledgers[(turn + place) % CONNECTIONS].submit(commands[number])
            assert word_for(commands[number], result) == expected, (order, place, result)
        ends[id_] = [reservation]

    beginnings = await starts(database, len(orders), lease_is_over)
    tellings = [tell(*beginnings[turn], order, turn) for turn, order in enumerate(orders)]
    await asyncio.wait_for(asyncio.gather(*tellings), WITHIN_S)
    for ledger in ledgers:
        await ledger.close()
    assert_it_ended_as(database, ends)
    assert deadlocks(database) == 0
    assert_the_ledger_balances(database)


@pytest.mark.parametrize(("case", "lease_is_over"), CASES)
async def test_commands_that_race_from_several_processes_take_effect_in_some_published_order(
    database: str, case: Callable[[UUID], Commands], lease_is_over: bool
) -> None:
    dice = random.Random(11)
    beginnings = dict(await starts(database, RACES, lease_is_over))
    hands: list[list[Command]] = [[] for _ in range(CONNECTIONS)]
    for id_ in beginnings:
        crossed = dice.sample(two_of_each := case(id_) * 2, len(two_of_each))
        for place, command in enumerate(crossed):
            hands[place % CONNECTIONS].append(command)
    jobs = [job(database, [[command] for command in hand], in_flight=5) for hand in hands]
    workers = await run_together(jobs, within_s=WITHIN_S)

    said: dict[UUID, list[Said]] = defaultdict(list)
    for worker, hand in zip(workers, hands, strict=True):
        for _, number, _, kind, _, body in worker.told("answered"):
            command, result = hand[number], msgspec.convert(body, RESULTS[kind])
            said[command.reservation_id].append((command, word_for(command, result)))
    ends = {id_: order_that_explains(said[id_], start) for id_, start in beginnings.items()}
    for id_, possible in ends.items():
        assert possible, said[id_]
    assert_it_ended_as(database, ends)
    assert deadlocks(database) == 0
    assert_the_ledger_balances(database)
