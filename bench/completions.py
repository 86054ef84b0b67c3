"""`script/bench completions`: whole answers a second through the gateway, as a share of a bare pass-through."""

from statistics import median
from typing import Any

from bench.http.check_ledger import check_ledger
from bench.http.measured import Run, load
from bench.http.plan import Plan, plan
from bench.http.servers import Servers, running_servers
from bench.report import Report, new_report, print_table

RUNS = ((64, 25.0), (256, 33.0))
"""Connections, and the percentage of the pass-through that must be reached."""


def measure(conninfo: str) -> Report:
    """Run all and print the tables; `ok` says whether the shares were reached and the books balance."""
    report = new_report("completions", conninfo)
    todo = plan()
    with running_servers() as servers:
        calls = _warm_up(servers, todo)
        report["ceiling"] = [_ceiling(servers, connections, todo) for connections, _ in RUNS]
        print_table("The mock vendor alone: what the load generator can do", report["ceiling"])
        for connections, floor in RUNS:
            rounds = [_round(servers, connections, todo) for _ in range(todo.rounds)]
            calls += sum(gateway.calls for _, gateway in rounds)
            row = _row(connections, floor, rounds)
            report["figures"].append(row)
            report["ok"] &= row["share_%"] >= floor
        print_table(f"Whole answers, medians of {todo.rounds} rounds", report["figures"])
        check_ledger(report, conninfo, calls)
    return report


def _warm_up(servers: Servers, todo: Plan) -> int:
    load(servers.passthrough, connections=64, seconds=todo.warm_up_s)
    return load(servers.gateway, token=servers.token, connections=64, seconds=todo.warm_up_s).calls


def _ceiling(servers: Servers, connections: int, todo: Plan) -> dict[str, Any]:
    run = load(servers.vendor, connections=connections, seconds=todo.seconds / 2)
    return {
        "connections": connections,
        "calls/s": round(run.per_s, 1),
        "vendor_us": round(run.server_us, 1),
        "load_busy_%": round(run.figures["busy"] * 100),
    }


def _round(servers: Servers, connections: int, todo: Plan) -> tuple[Run, Run]:
    """The two servers in turn, so that what else the machine does meets both."""
    options: dict[str, Any] = {"connections": connections, "seconds": todo.seconds}
    passthrough = load(servers.passthrough, **options)
    gateway = load(servers.gateway, token=servers.token, **options)
    return passthrough, gateway


def _row(connections: int, floor: float, rounds: list[tuple[Run, Run]]) -> dict[str, Any]:
    def middle(values: Any) -> float:
        return round(median(values), 1)

    return {
        "connections": connections,
        "passthrough/s": middle(first.per_s for first, _ in rounds),
        "gateway/s": middle(second.per_s for _, second in rounds),
        "share_%": middle(second.per_s / first.per_s * 100 for first, second in rounds),
        "floor_%": floor,
        "p50_ms": middle(second.latency_ms(50) for _, second in rounds),
        "p99_ms": middle(second.latency_ms(99) for _, second in rounds),
        "passthrough_us": middle(first.server_us for first, _ in rounds),
        "gateway_us": middle(second.server_us for _, second in rounds),
        "postgres_us": middle(second.postgres_us for _, second in rounds),
        "load_busy_%": round(max(run.figures["busy"] for pair in rounds for run in pair) * 100),
    }
