"""`script/bench latency`: what the gateway adds to a call on one connection, with nothing else going on."""

from statistics import median
from typing import Any

from bench.http.check_ledger import check_ledger
from bench.http.measured import Run, load
from bench.http.plan import plan
from bench.http.servers import running_servers
from bench.report import Report, new_report, print_table

LIMIT_MS = 3.5
"""Added at the median: two durable commits and the rest."""
ROUNDS = 5


def measure(conninfo: str) -> Report:
    """Run and print the table; `ok` says whether the median stays below the limit and the books balance."""
    report = new_report("latency", conninfo)
    each: dict[str, Any] = {"connections": 1, "requests": plan().sequential // ROUNDS}
    with running_servers() as servers:
        rounds: list[tuple[Run, Run]] = []
        for _ in range(1 + ROUNDS):
            passthrough = load(servers.passthrough, **each)
            gateway = load(servers.gateway, token=servers.token, **each)
            rounds.append((passthrough, gateway))
        calls = sum(gateway.calls for _, gateway in rounds)
        rows = [_row(share, rounds[1:]) for share in (50, 90, 99)]
        report["figures"] = rows
        report["gateway_us"] = round(median(gateway.server_us for _, gateway in rounds[1:]), 1)
        report["ok"] &= rows[0]["added_ms"] <= LIMIT_MS
        print_table(f"One connection, medians of {ROUNDS} rounds (limit at p50: {LIMIT_MS} ms added)", rows)
        check_ledger(report, conninfo, calls)
    return report


def _row(share: int, rounds: list[tuple[Run, Run]]) -> dict[str, Any]:
    passthrough = median(first.latency_ms(share) for first, _ in rounds)
    gateway = median(second.latency_ms(share) for _, second in rounds)
    return {
        "percentile": f"p{share}",
        "passthrough_ms": f"{passthrough:.2f}",
        "gateway_ms": f"{gateway:.2f}",
        "added_ms": round(gateway - passthrough, 2),
    }
