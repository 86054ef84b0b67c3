"""`script/bench soak`: 200,000 calls in ten rounds; memory, files and tasks of the gateway after each of them."""

import os
import re
import secrets
import time
import urllib.request
from typing import Any

from bench.http.check_ledger import check_ledger
from bench.http.measured import load
from bench.http.plan import Plan, plan
from bench.http.processes import open_files, resident_mb
from bench.http.servers import Servers, running_servers
from bench.http.unruly import leave_and_be_refused
from bench.report import Report, new_report, print_table

CONNECTIONS = 64
STREAMED = 0.25
"""Share of the calls."""
UNRULY = 0.01
"""For each call, so many leave in the middle, and twice as many are refused."""
SETTLE_S = 3.0
"""Idle after each round: calls that were left have ended, and what the process publishes is of now."""
SPARE = 8
"""Files and tasks that may be more after a round than after the first one: a connection here or there."""
TASKS = re.compile(r"^gateway_tasks ([\d.]+)$", re.MULTILINE)


def measure(conninfo: str) -> Report:
    """Run it and print the table; `ok`: nothing grows after the first round, and the books balance."""
    report = new_report("soak", conninfo)
    todo = plan()
    os.environ["METRICS_TOKEN"] = secrets.token_urlsafe(24)
    with running_servers() as servers:
        calls = 0
        for _ in range(todo.soak_rounds):
            began, before = time.perf_counter(), calls
            calls += _round(servers, todo)
            row = {"calls": calls, "calls/s": round((calls - before) / (time.perf_counter() - began), 1)}
            report["figures"].append(row | _use_of(servers))
        print_table("The gateway's process after each round", report["figures"])
        report["growth"] = _growth(report["figures"])
        print_table("Most, compared with the first round", [report["growth"]])
        report["ok"] &= _is_flat(report["growth"], todo)
        check_ledger(report, conninfo, calls)
    return report


def _round(servers: Servers, todo: Plan) -> int:
    """How many calls were begun."""
    streamed = int(todo.soak_calls * STREAMED)
    each: dict[str, Any] = {"token": servers.token, "connections": CONNECTIONS}
    whole = load(servers.gateway, requests=todo.soak_calls - streamed, **each)
    streams = load(servers.gateway, requests=streamed, streamed=True, **each)
    left = leave_and_be_refused(servers.gateway.port, servers.token, int(todo.soak_calls * UNRULY))
    return whole.calls + streams.calls + left


def _use_of(servers: Servers) -> dict[str, Any]:
    """What the gateway holds on to once it has nothing to do."""
    time.sleep(SETTLE_S)
    pid = servers.gateway.pid
    return {
        "resident_mb": round(resident_mb(pid), 1),
        "files": open_files(pid),
        "tasks": _tasks(servers.gateway.port),
    }


def _tasks(port: int) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/metrics", headers={"authorization": f"Bearer {os.environ['METRICS_TOKEN']}"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        found = TASKS.search(answer.read().decode())
    if found is None:
        raise RuntimeError("the gateway does not say how many tasks it has")
    return int(float(found[1]))


def _growth(rows: list[dict[str, Any]]) -> dict[str, float]:
    first, later = rows[0], rows[1:]
    return {
        "memory_%": round((max(row["resident_mb"] for row in later) / first["resident_mb"] - 1) * 100, 1),
        "files": max(row["files"] for row in later) - first["files"],
        "tasks": max(row["tasks"] for row in later) - first["tasks"],
    }


def _is_flat(growth: dict[str, float], todo: Plan) -> bool:
    return growth["memory_%"] <= todo.soak_growth and max(growth["files"], growth["tasks"]) <= SPARE
