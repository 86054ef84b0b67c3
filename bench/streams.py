"""`script/bench streams`: a thousand streams at once, and streamed answers a second beside the pass-through."""

from statistics import median
from typing import Any

from bench.http.check_ledger import check_ledger
from bench.http.measured import Run, load
from bench.http.plan import Plan, plan
from bench.http.processes import Server
from bench.http.servers import Servers, running_servers
from bench.http.vendor import CHUNKS
from bench.report import Report, new_report, print_table

LIMIT_MB = 400.0
EVENTS = CHUNKS + 2
"""The chunks, the usage and [DONE]."""


def measure(conninfo: str) -> Report:
    """Run both and print the tables; `ok`: every stream whole and settled, memory within its limit."""
    report = new_report("streams", conninfo)
    todo = plan()
    with running_servers() as servers:
        calls = 0
        rows = []
        for name, server, token in _both(servers):
            warm = load(server, token=token, connections=16, requests=200, streamed=True)
            each = {"connections": todo.streams, "requests": todo.streams}
            at_once = load(server, token=token, model="mock-slow", streamed=True, **each)
            rows.append(_at_once_row(name, at_once))
            if server is servers.gateway:
                calls += warm.calls + at_once.calls
                whole = at_once.calls == todo.streams and at_once.figures["events"] == todo.streams * EVENTS
                report["ok"] &= whole and at_once.resident_mb <= LIMIT_MB
        print_table(f"{todo.streams:,} streams at once, {CHUNKS} chunks 50 ms apart", rows)
        report["figures"] = rows
        report["throughput"], more = _throughput(servers, todo)
        print_table(f"Streams of {CHUNKS} chunks 1 ms apart", [report["throughput"]])
        check_ledger(report, conninfo, calls + more)
    return report


def _both(servers: Servers) -> list[tuple[str, Server, str]]:
    return [
        ("passthrough", servers.passthrough, "none"),
        ("gateway", servers.gateway, servers.token),
    ]


def _at_once_row(name: str, run: Run) -> dict[str, Any]:
    return {
        "server": name,
        "streams": run.calls,
        "events": run.figures["events"],
        "first_p50_ms": round(run.first_ms(50), 1),
        "first_p99_ms": round(run.first_ms(99), 1),
        "whole_p99_ms": round(run.latency_ms(99), 1),
        "server_us": round(run.server_us, 1),
        "resident_mb": round(run.resident_mb, 1),
    }


def _throughput(servers: Servers, todo: Plan) -> tuple[dict[str, Any], int]:
    rounds: list[tuple[Run, Run]] = []
    for _ in range(todo.rounds):
        each = {"connections": todo.stream_connections, "seconds": todo.seconds, "streamed": True}
        runs = [load(server, token=token, **each) for _, server, token in _both(servers)]
        rounds.append((runs[0], runs[1]))
    row = {
        "connections": todo.stream_connections,
        "passthrough/s": round(median(first.per_s for first, _ in rounds), 1),
        "gateway/s": round(median(second.per_s for _, second in rounds), 1),
        "share_%": round(median(second.per_s / first.per_s * 100 for first, second in rounds), 1),
        "passthrough_us": round(median(first.server_us for first, _ in rounds), 1),
        "gateway_us": round(median(second.server_us for _, second in rounds), 1),
        "postgres_us": round(median(second.postgres_us for _, second in rounds), 1),
    }
    return row, sum(second.calls for _, second in rounds)
