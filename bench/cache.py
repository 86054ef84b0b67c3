"""`script/bench cache`: how soon an answer comes from the cache, beside a vendor who takes no time.

Each round asks the same thing on one connection: without the cache, with `refresh` (the vendor is asked, and its answer
kept), and with `use` (it is there). So the second beside the first is what it costs to keep answers, and the third
beside the second what a hit saves besides the vendor's own time and money.
"""

from statistics import median
from typing import Any

from bench.http.check_ledger import check_ledger
from bench.http.measured import Run, load
from bench.http.plan import plan
from bench.http.servers import running_servers
from bench.report import Report, new_report, print_table

ROUNDS = 5
CASES = {"without the cache": "", "kept": "refresh", "hit": "use"}
MOST_OF_A_MISS = 1.0
"""A hit takes no longer than the same call to a vendor who answers at once, at the median."""


def measure(conninfo: str) -> Report:
    """Alternating rounds on one connection; `ok` says that a hit is no slower than a miss, and the books balance."""
    report = new_report("cache", conninfo)
    each = {"connections": 1, "requests": max(50, plan().sequential // ROUNDS)}
    found: dict[str, list[Run]] = {name: [] for name in CASES}
    with running_servers() as servers:
        for _ in range(1 + ROUNDS):
            for name, header in CASES.items():
                found[name].append(load(servers.gateway, token=servers.token, cache=header, **each))
        calls = sum(run.calls for runs in found.values() for run in runs)
        report["figures"] = [_row(name, runs[1:]) for name, runs in found.items()]
        ratios = [
            hit.latency_ms(50) / miss.latency_ms(50)
            for hit, miss in zip(found["hit"][1:], found["kept"][1:], strict=True)
        ]
        report["hit_of_miss"] = round(median(ratios), 2)
        report["ok"] &= report["hit_of_miss"] <= MOST_OF_A_MISS
        print_table(f"One connection, medians of {ROUNDS} rounds", report["figures"])
        print(f"A hit takes {report['hit_of_miss']} of a miss, at most {MOST_OF_A_MISS}.", flush=True)
        check_ledger(report, conninfo, calls)
    return report


def _row(name: str, runs: list[Run]) -> dict[str, Any]:
    return {
        "answer": name,
        "p50_ms": f"{median(run.latency_ms(50) for run in runs):.2f}",
        "p99_ms": f"{median(run.latency_ms(99) for run in runs):.2f}",
        "gateway_us": round(median(run.server_us for run in runs), 1),
    }
