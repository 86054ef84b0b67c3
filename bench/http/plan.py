"""How much the HTTP benchmarks do. `BENCH_QUICK=1`: as little as shows that they work, in a few seconds."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    seconds: float
    """Of each round of load."""
    rounds: int
    warm_up_s: float
    sequential: int
    """Calls of the latency benchmark, each."""
    streams: int
    """At once."""
    stream_connections: int


FULL = Plan(
    seconds=8,
    rounds=3,
    warm_up_s=3,
    sequential=3_000,
    streams=1_000,
    stream_connections=256,
)
QUICK = Plan(
    seconds=1,
    rounds=1,
    warm_up_s=0.5,
    sequential=100,
    streams=100,
    stream_connections=32,
)


def plan() -> Plan:
    return QUICK if os.environ.get("BENCH_QUICK", "") not in ("", "0") else FULL
