"""Waiting that always ends."""

import asyncio
import time
import urllib.request
from collections.abc import Callable

from tests.faults.rows import query

LONGEST_LEASE_S = 20
METRICS_TOKEN = "for-prometheus"
"""Of gateways whose metrics a test reads."""


RARELY_S = 0.1


async def until(condition: Callable[[], bool], *, within_s: float, every_s: float = 0.02) -> None:
    """Looks less often the longer it takes, as it mostly asks a database or a gateway that has other work.

    Raises TimeoutError with what was waited for.
    """
    begin = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - begin
        if waited_s > within_s:
            raise TimeoutError(f"not within {within_s} s")
        await asyncio.sleep(max(every_s, min(waited_s / 10, RARELY_S)))


async def until_leases_are_over(database: str) -> None:
    """Until a sweep has something to do with every hold that is left."""
    held = "SELECT count(*) FROM metering_usagereservation WHERE state = 0 AND lease_expires_at > clock_timestamp()"
    await until(lambda: query(database, held) == [(0,)], within_s=LONGEST_LEASE_S, every_s=0.1)


def waiting_for_room(url: str) -> int:
    """How many calls wait in a process, as its own metrics say."""
    return int(gauge(url, "gateway_calls_waiting_for_room"))


def gauge(url: str, name: str, label: str = "") -> float:
    """The sum of a gauge's values in a process with this label, such as `provider="acme"`, as its own metrics say."""
    request = urllib.request.Request(f"{url}/metrics", headers={"authorization": f"Bearer {METRICS_TOKEN}"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        page = answer.read().decode()
    lines = [
        line for line in page.splitlines() if line.startswith((f"{name} ", f"{name}{{")) and label in line
    ]
    return sum(float(line.rpartition(" ")[2]) for line in lines)
