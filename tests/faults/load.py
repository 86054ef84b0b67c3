"""Callers that ask one call after the other and live with whatever happens to it; and the books they leave."""

import asyncio
from typing import Any

from tests.faults.callers import Callers, Told
from tests.faults.deployment import Deployment, billed
from tests.faults.rows import query
from tests.faults.waiting import until

CALLERS = 24
WITHIN_S = 60
SLOWLY = "vendor:slow=0.05 vendor:gap=0.005"
"""What they ask for, so that calls are in flight at any moment."""


class Load:
    """Runs from `run` until `over` is set."""

    def __init__(self, deployment: Deployment, crowd: Callers, token: str) -> None:
        self.deployment, self.crowd, self.token = deployment, crowd, token
        self.told: list[Told] = []
        self.over = asyncio.Event()

    async def run(self) -> None:
        await asyncio.gather(*[self._one(number) for number in range(CALLERS)])

    async def _one(self, number: int) -> None:
        urls = self.deployment.gateways.urls
        while not self.over.is_set():
            number += 1
            url, streamed = urls[number % len(urls)], bool(number % 3)
            self.told.append(await self.crowd.ask(url, self.token, streamed=streamed, text=SLOWLY))

    async def answered(self, *, more: int) -> None:
        """Until so many more calls were answered whole."""
        enough = self.whole + more
        await until(lambda: self.whole >= enough, within_s=WITHIN_S)

    @property
    def whole(self) -> int:
        return sum(told.whole for told in self.told)


def assert_settled_is_what_was_billed(
    rows: dict[str, dict[str, Any]], log: dict[str, dict[str, Any]], provisional: set[str]
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
