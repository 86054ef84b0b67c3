"""`script/bench failover [--mode sync|async|patroni] [--rounds N]`: the primary is killed under load, N times.

A server of two gateway processes runs on a primary with one standby, all on this machine. In each round the primary is
killed (SIGKILL of all its processes) at a random moment and the standby promoted, by `pg_ctl promote` at once or by
patroni when it has noticed; then the other place gets a standby again. In the end every call of the vendor's bill is
compared with its usage row.
"""

import argparse
import os
import random
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench.report import Report, new_report, print_table
from bench.resilience.bill import compare, is_exact, lost_usd, until_all_has_ended
from bench.resilience.callers import Call, Callers, refusals
from bench.resilience.gateway import Server, new_tenant, running_server
from bench.resilience.pair import running_pair
from bench.resilience.patroni import running_patroni
from bench.resilience.vendor import running_vendor
from launcher.process import wait_until

MODES = ("sync", "async", "patroni")
ROUNDS = {"sync": 20, "async": 20, "patroni": 5}
CALLERS = 16
WORKERS = 2
SLOWLY = "vendor:slow=0.05 vendor:gap=0.005"
BEFORE_S, AFTER_S = 2.0, 1.0
SERVED_WITHIN_S = 120.0
STALLED_S = 0.2
"""In every second round of `async`: so long the standby gets nothing before the primary dies."""
LOST_ROW = "reservation.settle_refused"
"""What a gateway logs of a call whose hold is not in the ledger any more."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mode", choices=MODES, default="sync")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help=f"else {ROUNDS}")


def measure(conninfo: str, *, mode: str, rounds: int) -> Report:
    """`ok`: every caller is served again after each round, the books balance, and unless `async` nothing is lost."""
    report = new_report("failover", conninfo) | {"mode": mode}
    folder = Path(os.environ["GATEWAY_STATE_DIR"]) / "failover"
    folder.mkdir()
    dice = random.Random(20)
    with (
        _cluster(mode, folder) as cluster,
        running_vendor() as vendor,
        running_server(cluster.url, folder, vendor, workers=WORKERS) as server,
    ):
        token = new_tenant(cluster.url, "alder")
        for number in range(rounds or ROUNDS[mode]):
            stalled_s = STALLED_S if mode == "async" and number % 2 else 0.0
            row = _round(cluster, server, token, before_s=BEFORE_S + dice.random(), stalled_s=stalled_s)
            if mode == "async":
                until_all_has_ended(cluster.url, vendor)
                row["lost_usd so far"] = lost_usd(cluster.url, vendor.bill())
            report["figures"].append(row)
            cluster.rebuild()
        until_all_has_ended(cluster.url, vendor)
        report["books"] = books = compare(cluster.url, vendor.bill())
        report["refused settlements"] = server.lines(LOST_ROW)
    report["summary"] = [_summary(name, report["figures"]) for name in ("promoted_ms", "first_ms", "all_ms")]
    report["ok"] = all(row["all_ms"] for row in report["figures"])
    report["ok"] &= not books["violations"] if mode == "async" else is_exact(books)
    print_table(f"Each failover, {mode}", report["figures"])
    print_table("From the kill", report["summary"])
    print_table("The vendor's bill and the books", [books])
    print(f"\n{report['refused settlements']} settlements whose hold was gone ({LOST_ROW})", flush=True)
    return report


def _round(cluster: Any, server: Server, token: str, *, before_s: float, stalled_s: float) -> dict[str, Any]:
    """One failover under load, and what callers met."""
    with Callers([server.url], [token], count=CALLERS, texts=[SLOWLY]) as callers:
        time.sleep(before_s)
        killed_s = cluster.fail_over(stalled_s=stalled_s)
        promoted_s = time.monotonic() - killed_s
        wait_until(lambda: _is_served(callers.calls, killed_s), SERVED_WITHIN_S)
        time.sleep(AFTER_S)
    row = {"stalled_ms": int(stalled_s * 1e3), "promoted_ms": _ms(promoted_s)}
    return row | _row(callers.calls, killed_s)


def _cluster(mode: str, folder: Path) -> AbstractContextManager[Any]:
    """`url`, `fail_over` and `rebuild`."""
    if mode == "patroni":
        return running_patroni()
    return running_pair(folder, synchronous=mode == "sync")


def _is_served(calls: list[Call], since_s: float) -> bool:
    """Whether each caller has had a whole answer to a call that it began since."""
    return len({call.caller for call in list(calls) if call.whole and call.began_s > since_s}) == CALLERS


def _row(calls: list[Call], killed_s: float) -> dict[str, Any]:
    """`first_ms`: until the first whole answer to a call begun after the kill. `all_ms`: until each caller had one;
    0: not all did.
    """
    first: dict[int, float] = {}
    is_served = _is_served(calls, killed_s)
    for call in sorted(calls, key=lambda call: call.ended_s):
        if call.whole and call.began_s > killed_s:
            first.setdefault(call.caller, call.ended_s - killed_s)
    told = refusals(calls)
    return {
        "first_ms": _ms(min(first.values(), default=0.0)),
        "all_ms": _ms(max(first.values())) if is_served else 0.0,
        "calls": len(calls),
        "refused": sum(told.values()),
        "told": ", ".join(f"{times} x {name}" for name, times in told.items()),
    }


def _summary(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    values = sorted(row[name] for row in rows)
    return {
        "": name,
        "p50": values[len(values) // 2],
        "p99": values[min(len(values) - 1, int(len(values) * 0.99))],
        "most": values[-1],
        "rounds": len(values),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)
