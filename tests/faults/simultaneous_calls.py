"""500 calls at once, and what the meters of their tenant say."""

import asyncio

from tests.faults.callers import Callers, Told
from tests.faults.deployment import Deployment
from tests.faults.rows import query
from tests.faults.waiting import until

CALLS = 500
WITHIN_S = 60
OF_THE_TOKENS_TENANT = "tenant_id = (SELECT tenant_id FROM metering_atitoken WHERE prefix = left(%s, 12))"


class SimultaneousCalls:
    """All calls at once while the vendor answers none, so that no hold ends before the last call was let in or not."""

    def __init__(self, deployment: Deployment, crowd: Callers, token: str) -> None:
        self.deployment, self.crowd, self.token = deployment, crowd, token

    async def run(self) -> tuple[list[Told], list[Told]]:
        """Those that were let in, all of which the vendor then answers, and those that were denied."""
        vendor = self.deployment.vendor
        await asyncio.to_thread(vendor.hold)
        asked = [
            asyncio.create_task(
                self.crowd.ask(
                    self.deployment.gateways.urls[place // 2 % 4], self.token, streamed=bool(place % 2)
                )
            )
            for place in range(CALLS)
        ]
        await until(
            lambda: sum(task.done() for task in asked) + vendor.log()["at_once"] == CALLS, within_s=WITHIN_S
        )
        self.held = held_by(self.deployment, self.token)
        await asyncio.to_thread(vendor.open)
        told = await asyncio.gather(*asked)
        denied = [each for each in told if each.status == 429]
        admitted = [each for each in told if each.whole]
        assert len(admitted) + len(denied) == CALLS
        return admitted, denied


def held_by(deployment: Deployment, token: str) -> int:
    """On the meters of the token's tenant."""
    (row,) = query(
        deployment.database,
        f"SELECT coalesce(sum(held), 0) FROM metering_usagemeter WHERE {OF_THE_TOKENS_TENANT}",
        (token,),
    )
    return int(row[0])


def meter_of(deployment: Deployment, token: str) -> tuple[int, int, int]:
    """`used`, `overrun` and `unenforced` of the tenant's only meter."""
    (row,) = query(
        deployment.database,
        f"SELECT used, overrun, unenforced FROM metering_usagemeter WHERE {OF_THE_TOKENS_TENANT}",
        (token,),
    )
    return row
