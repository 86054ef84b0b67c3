"""500 calls at once, and what the meters of their tenant say."""

import asyncio

from tests.faults.callers import Callers, Told
from tests.faults.house import House
from tests.faults.rows import query
from tests.faults.waiting import until

CALLS = 500
WITHIN_S = 60
OF_THE_TOKENS_TENANT = "tenant_id = (SELECT tenant_id FROM metering_atitoken WHERE prefix = left(%s, 12))"


class Rush:
    """All calls at once while the vendor answers none, so that no hold ends before the last call was let in or not."""

    def __init__(self, house: House, crowd: Callers, token: str) -> None:
        self.house, self.crowd, self.token = house, crowd, token

    async def run(self) -> tuple[list[Told], list[Told]]:
        """Those that were let in, all of which the vendor then answers, and those that were denied."""
        vendor = self.house.vendor
        await asyncio.to_thread(vendor.hold)
        asked = [
            asyncio.create_task(
                self.crowd.ask(self.house.gateways.urls[place // 2 % 4], self.token, streamed=bool(place % 2))
            )
            for place in range(CALLS)
        ]
        await until(
            lambda: sum(task.done() for task in asked) + vendor.log()["at_once"] == CALLS, within_s=WITHIN_S
        )
        self.held = held_by(self.house, self.token)
        await asyncio.to_thread(vendor.open)
        told = await asyncio.gather(*asked)
        denied = [each for each in told if each.status == 429]
        admitted = [each for each in told if each.whole]
        assert len(admitted) + len(denied) == CALLS
        return admitted, denied


def held_by(house: House, token: str) -> int:
    """On the meters of the token's tenant."""
    (row,) = query(
        house.database,
        f"SELECT coalesce(sum(held), 0) FROM metering_usagemeter WHERE {OF_THE_TOKENS_TENANT}",
        (token,),
    )
    return int(row[0])


def meter_of(house: House, token: str) -> tuple[int, int, int]:
    """`used`, `overrun` and `unenforced` of the tenant's only meter."""
    (row,) = query(
        house.database,
        f"SELECT used, overrun, unenforced FROM metering_usagemeter WHERE {OF_THE_TOKENS_TENANT}",
        (token,),
    )
    return row
