"""`script/bench memory`: what a worker keeps of a million names, addresses and bad tokens: nothing that grows.

First this process feeds the caches that callers can fill with a million values each, one kind after the other. Then one
gateway under `script/server`'s options is sent tens of thousands over HTTP, and its memory is read between.
"""

import os
from typing import Any

from bench.report import Report, new_report, print_table

MOST_MB = 300.0
"""Of a worker, whatever it was sent."""
MAY_GROW_MB = 48.0
"""By one kind, from when a tenth of it was sent to the end: what its bound allows."""


def measure(conninfo: str) -> Report:
    """Run both parts and print their tables; `ok`: no kind grows beyond its bound, and no worker is too large."""
    import django

    django.setup()
    from bench.memory import caches, served

    quick = os.environ.get("BENCH_QUICK", "") not in ("", "0")
    report = new_report("memory", conninfo)
    fed = caches.measure(20_000 if quick else 1_000_000)
    print_table("This process, fed with so many distinct values of each kind", fed)
    sent = served.measure(300 if quick else 20_000)
    print_table("A gateway's worker, sent so many distinct ones over HTTP", sent)
    report["figures"] = [*fed, *sent]
    report["ok"] &= all(map(_is_bounded, report["figures"]))
    return report


def _is_bounded(row: dict[str, Any]) -> bool:
    return bool(row["after_mb"] - row["tenth_mb"] <= MAY_GROW_MB and row["after_mb"] <= MOST_MB)
