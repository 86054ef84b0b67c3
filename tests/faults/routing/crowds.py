"""Many callers at once for whom the vendors fail, and the wait until the last of their calls is booked."""

import asyncio
import random
from collections.abc import Iterator, Sequence

from tests.faults.callers import Callers, Told
from tests.faults.rows import query
from tests.faults.waiting import until

AT_ONCE = 24
LEAVING = 0.1
"""The share of the callers who do not wait for the end."""
LEAVES_WITHIN_S = 0.2
BOOKED_WITHIN_S = 120.0


async def ask_all(
    crowd: Callers,
    urls: Sequence[str],
    token: str,
    *,
    model: str,
    calls: int,
    at_once: int = AT_ONCE,
    leaving: float = 0.0,
) -> tuple[list[Told], list[Told]]:
    """Those who stayed and those who left. Every other call is streamed."""
    dice, numbers = random.Random(11), iter(range(calls))
    stayed: list[Told] = []
    left: list[Told] = []

    async def one(numbers: Iterator[int]) -> None:
        for number in numbers:
            leaves = dice.random() < leaving
            told = await crowd.ask(
                urls[number // 2 % len(urls)],
                token,
                streamed=bool(number % 2),
                text="hello " * (1 + number % 7),
                leaves_after_s=dice.uniform(0.001, LEAVES_WITHIN_S) if leaves else None,
                model=model,
            )
            (left if leaves else stayed).append(told)

    await asyncio.gather(*[one(numbers) for _ in range(at_once)])
    return stayed, left


async def until_nothing_is_held(database: str) -> None:
    """Calls whose caller has left run on; those of a dead process are swept."""
    held = "SELECT count(*) FROM metering_usagereservation WHERE state = 0"
    await until(lambda: query(database, held) == [(0,)], within_s=BOOKED_WITHIN_S, every_s=0.1)


def assert_meters_are_the_rows(database: str) -> None:
    """The budgets' use is the sum of the rows, and nothing is held."""
    (used,) = query(database, "SELECT sum(used)::bigint, sum(held)::bigint FROM metering_usagemeter")
    (cost,) = query(database, "SELECT sum(cost_nano_usd)::bigint FROM metering_usagelog")
    assert used == (cost[0], 0)
