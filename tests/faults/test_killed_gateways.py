"""kill -9 of gateway processes under load: the vendor's own log equals the usage rows, and what was cut is flagged."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.faults.callers import Callers, Told, callers
from tests.faults.house import House, billed, standing_house
from tests.faults.rows import assert_books_balance, query, sweep_once
from tests.faults.waiting import until, until_leases_are_over

PLACES = 4
CALLERS = 24
KILLS = 50
ALIVE_S = 0.3
"""The longest time that a process is left alone once it answers."""
WITHIN_S = 60
LEASE_S = 8
pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]


@pytest.fixture
def house(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    environment = {"RESERVATION_LEASE_S": str(LEASE_S), "SWEEP_INTERVAL_S": "1"}
    folder = tmp_path_factory.mktemp("house")
    with standing_house(database, folder, places=PLACES, environment=environment) as house:
        yield house


@pytest.fixture
async def crowd() -> AsyncIterator[Callers]:
    async with callers() as crowd:
        yield crowd


class Load:
    """Callers that ask one call after the other, each of whom lives with whatever happens to it."""

    def __init__(self, house: House, crowd: Callers, token: str) -> None:
        self.house, self.crowd, self.token = house, crowd, token
        self.told: list[Told] = []
        self.over = asyncio.Event()

    async def run(self) -> None:
        await asyncio.gather(*[self._one(number) for number in range(CALLERS)])

    async def _one(self, number: int) -> None:
        urls = self.house.gateways.urls
        while not self.over.is_set():
            number += 1
            text = "vendor:slow=0.05 vendor:gap=0.005"
            url = urls[number % PLACES]
            self.told.append(await self.crowd.ask(url, self.token, streamed=bool(number % 3), text=text))

    async def answered(self, *, more: int) -> None:
        """Until so many more calls were answered whole."""
        enough = self.whole + more
        await until(lambda: self.whole >= enough, within_s=WITHIN_S)

    @property
    def whole(self) -> int:
        return sum(told.whole for told in self.told)


async def kill_under(load: Load) -> None:
    """Each process that dies is replaced at once; the next dies once calls are answered again."""
    dice = random.Random(7)
    gateways = load.house.gateways
    for _ in range(KILLS):
        await load.answered(more=PLACES)
        await asyncio.sleep(dice.uniform(0, ALIVE_S))
        place = dice.randrange(PLACES)
        gateways.send_signal(place, signal.SIGKILL)
        await until(lambda place=place: gateways.ended(place), within_s=WITHIN_S)
        gateways.start(place)
    await load.answered(more=CALLERS)


async def test_fifty_kills_under_load_lose_nothing_and_count_nothing_twice(
    house: House, crowd: Callers
) -> None:
    load = Load(house, crowd, house.tenant(dimension="cost", window="month", amount=1_000))
    running = asyncio.create_task(load.run())
    await kill_under(load)
    load.over.set()
    await asyncio.wait_for(running, WITHIN_S)
    house.gateways.stop()
    await until_leases_are_over(house.database)
    await sweep_once(house.database)

    rows, log = house.rows(), {call["attempt_id"]: call for call in house.vendor.log()["calls"]}
    provisional = {id_ for id_, row in rows.items() if row["outcome"] == "provisional"}
    cut = {told.request_id for told in load.told if not told.whole}
    assert_settled_is_what_was_billed(rows, log, provisional)
    # Whoever got a whole answer is booked with the truth; a provisional row belongs to a call that was cut.
    assert {rows[id_]["request_id"] for id_ in provisional} <= cut
    assert {told.request_id for told in load.told if told.whole} <= {
        row["request_id"] for id_, row in rows.items() if id_ not in provisional
    }
    assert len(provisional & log.keys()) > 0, "no kill met a call at the vendor"
    assert_each_is_charged_once(house.database)
    assert_books_balance(house.database, grace_s=0)
    print(
        f"{KILLS} kills, {len(load.told)} calls: {load.whole} whole, {len(log)} at the vendor,"
        f" {len(provisional)} provisional"
    )


def assert_settled_is_what_was_billed(
    rows: dict[str, dict[str, object]], log: dict[str, dict[str, object]], provisional: set[str]
) -> None:
    """Every call at the vendor has its row: with what the vendor billed, or flagged and not below it."""
    assert log.keys() <= rows.keys(), "the vendor saw a call without a reservation"
    for id_, call in log.items():
        row = rows[id_]
        assert row["estimated"] is (id_ in provisional), row
        for name, amount in billed(call).items() if call["usage"] else ():
            assert row[name] >= amount if id_ in provisional else row[name] == amount
    # What has a row and never came to the vendor was cut on the way there.
    assert rows.keys() - log.keys() <= provisional


def assert_each_is_charged_once(database: str) -> None:
    """The budget's use is the sum of the rows, and nothing is held."""
    (used,) = query(database, "SELECT sum(used)::bigint, sum(held)::bigint FROM metering_usagemeter")
    (cost,) = query(database, "SELECT sum(cost_nano_usd)::bigint FROM metering_usagelog")
    assert used == (cost[0], 0)
    twice = "SELECT request_id FROM metering_usagelog GROUP BY 1 HAVING count(*) > 1"
    assert query(database, twice) == []
