"""`script/bench attack`: whole answers a second, and how long they take, while a thousand others only take up room."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from bench.http.attackers import GOOD
from bench.http.check_ledger import check_ledger
from bench.http.measured import Run, load
from bench.http.plan import Plan, plan
from bench.http.processes import Server, family, resident_mb
from bench.http.servers import Servers, running_servers
from bench.http.tenant import PLAN_OF_LEAVERS, token_on
from bench.report import Report, new_report, print_table
from launcher.configuration import REPOSITORY

CONNECTIONS = 16
"""Who work; the attackers are counted in bench.http.attackers."""
LONGEST_MS = 5_000.0
MOST_MB = 350.0
"""Of a worker with its ledger process, which takes some 50 of them."""
STOP_TIMEOUT_S = 60.0


def measure(conninfo: str) -> Report:
    """Run and print the table; `ok`: no call is refused or takes too long, memory within its limit, books that balance.

    The attackers' own processor time is part of what the ratios show, as everything runs on one machine.
    """
    report = new_report("attack", conninfo)
    todo = plan()
    told: list[dict[str, int]] = []
    with running_servers() as servers:
        leavers = token_on(PLAN_OF_LEAVERS)
        calls = load(
            servers.gateway, token=servers.token, connections=CONNECTIONS, seconds=todo.warm_up_s
        ).calls
        rounds = [_round(servers, leavers, todo, told) for _ in range(todo.rounds)]
        calls += sum(run.calls for pair in rounds for run in pair)
        calls += sum(each.get(f"stream: {GOOD}", 0) for each in told)
        report["figures"] = rows = _rows(rounds)
        report["told"] = _sums(told)
        report["ok"] = all(row["longest_ms"] < LONGEST_MS and row["worker_mb"] < MOST_MB for row in rows)
        print_table(f"{CONNECTIONS} who work, medians of {todo.rounds} rounds", rows)
        print_table(
            "What the others were told", [{"answer": name, "times": n} for name, n in report["told"].items()]
        )
        check_ledger(report, conninfo, calls)
    return report


def _round(servers: Servers, leavers: str, todo: Plan, told: list[dict[str, int]]) -> tuple[Run, Run]:
    """Quiet, and under attack."""
    worker = _worker(servers.gateway)
    options = {"connections": CONNECTIONS, "seconds": todo.seconds}
    quiet = load(worker, token=servers.token, **options)
    with _attackers(servers.gateway.port, leavers, told):
        return quiet, load(worker, token=servers.token, **options)


def _worker(server: Server) -> Server:
    """The largest of the server's processes is the one that works."""
    return Server(port=server.port, pid=max(list(family(server.pid))[1:], key=resident_mb))


@contextmanager
def _attackers(port: int, token: str, told: list[dict[str, int]]) -> Iterator[None]:
    attackers = subprocess.Popen(
        [sys.executable, "-m", "bench.http.attackers", "--port", str(port)],
        cwd=REPOSITORY,
        env=os.environ | {"BENCH_TOKEN": token, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert attackers.stdin is not None
    assert attackers.stdout is not None
    if attackers.stdout.readline() != "in place\n":
        raise RuntimeError("the attackers did not get in place")
    try:
        yield
    finally:
        output, _ = attackers.communicate(timeout=STOP_TIMEOUT_S)
    told.append(json.loads(output))


def _rows(rounds: list[tuple[Run, Run]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for place, name in enumerate(("quiet", "under attack")):
        runs = [pair[place] for pair in rounds]
        rows.append(
            {
                "state": name,
                "calls/s": round(median(run.per_s for run in runs), 1),
                "p50_ms": round(median(run.latency_ms(50) for run in runs), 1),
                "p99_ms": round(median(run.latency_ms(99) for run in runs), 1),
                "longest_ms": round(max(run.latency_ms(100) for run in runs), 1),
                "server_us": round(median(run.server_us for run in runs), 1),
                "worker_mb": round(max(run.resident_mb for run in runs), 1),
            }
        )
    quiet, attacked = rows
    for row in rows:
        row["share_%"] = round(row["calls/s"] / quiet["calls/s"] * 100, 1)
        row["times_p50"] = round(row["p50_ms"] / quiet["p50_ms"], 2)
    return [quiet, attacked]


def _sums(told: list[dict[str, int]]) -> dict[str, int]:
    names = sorted({name for each in told for name in each})
    return {name: sum(each.get(name, 0) for each in told) for name in names}
