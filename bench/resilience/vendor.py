"""The tests' vendor in a process of its own, with a log of what it billed that stays small in a long run.

`python -m bench.resilience.vendor` prints its port.
"""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from launcher.configuration import REPOSITORY
from launcher.process import stop_child
from tests.faults.deployment import billed
from tests.vendors.call_log import CallLog, SeenCall
from tests.vendors.openai_app import API_KEY, FakeOpenAI
from tests.vendors.running import start

STOP_TIMEOUT_S = 15.0
ANSWER_TIMEOUT_S = 120.0
Billed = dict[str, dict[str, int] | None]
"""By attempt id: what the vendor bills for it; None for a call that it did not answer."""


class SmallLog(CallLog):
    """Without what was asked, once it is answered."""

    def end(self, call: SeenCall) -> None:
        super().end(call)
        call.headers, call.body = {}, {}


class BillingVendor(FakeOpenAI):
    """`GET /_bill` is its log in short: attempt ids with the tokens that were billed."""

    def __init__(self) -> None:
        super().__init__()
        self.log = SmallLog()

    def application(self) -> web.Application:
        app = super().application()
        app.router.add_get("/_bill", self._bill)
        return app

    async def _bill(self, request: web.Request) -> web.Response:
        lines = [(call.attempt_id, call.usage and billed(vars(call))) for call in self.log.calls]
        return web.json_response({"lines": lines, "at_once": self.log.at_once})


class Vendor:
    """Where it is, and what it bills."""

    api_key = API_KEY

    def __init__(self, port: int) -> None:
        self._root = f"http://127.0.0.1:{port}"
        self.base_url = f"{self._root}/v1"

    def bill(self) -> Billed:
        """Of all calls so far. An attempt that came twice is counted as two, and so differs from the books."""
        found: Billed = {}
        for attempt_id, cost in self._bill()["lines"]:
            before = found.get(attempt_id)
            found[attempt_id] = (
                {name: cost[name] + before[name] for name in cost} if cost and before else cost
            )
        return found

    def at_once(self) -> int:
        return int(self._bill()["at_once"])

    def _bill(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self._root}/_bill", timeout=ANSWER_TIMEOUT_S) as answer:  # noqa: S310
            shown: dict[str, Any] = json.load(answer)
            return shown


@contextmanager
def running_vendor() -> Iterator[Vendor]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.resilience.vendor"], cwd=REPOSITORY, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield Vendor(int(process.stdout.readline()))
    finally:
        stop_child(process, STOP_TIMEOUT_S)


async def main() -> None:
    runner = await start(BillingVendor(), port=0)
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
