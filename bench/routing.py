"""`script/bench routing`: what a vendor that fails costs the calls that another one serves.

The first of two vendors refuses connections, never answers, or answers for a second and fails for a second; the second
one is always well. Each is measured beside calls that know only the second, in alternating rounds, once the circuit of
the first has opened. No call may fail, and every attempt has its row.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from bench.http.check_ledger import check_ledger
from bench.http.measured import Run, load
from bench.http.plan import plan
from bench.http.servers import Servers, running_servers, start_vendor
from bench.report import Report, new_report, print_table
from launcher.commands import run
from launcher.process import free_port

ROUNDS = 5
CONNECTIONS = 8
CASES = {
    "refuses connections": "dead",
    "never answers": "silent",
    "fails every other second": "flapping",
}
FIRST_BYTE_S = 0.5
"""What the first vendor has to begin its answer, so that the run is short: a minute is usual."""
CATALOG = """
providers:
  dead: {{kind: openai_compatible, base_url: "http://127.0.0.1:{dead}/v1"}}
  silent:
    kind: openai_compatible
    base_url: "http://127.0.0.1:{silent}/v1"
    traits: {{first_byte_s: {first_byte_s}}}
  flapping: {{kind: openai_compatible, base_url: "http://127.0.0.1:{flapping}/v1"}}
models:
  first-dead: {{provider: dead, aliases: [dead-then-mock], {cheap}}}
  first-silent: {{provider: silent, aliases: [silent-then-mock], {cheap}}}
  first-flapping: {{provider: flapping, aliases: [flapping-then-mock], {cheap}}}
  second:
    provider: mock
    physical_name: mock-fast
    class: BASE_S
    context_tokens: 128_000
    max_output_tokens: 16_384
    price: {{input: 0.15, output: 0.60}}
    aliases: [dead-then-mock, silent-then-mock, flapping-then-mock]
"""
CHEAP = (
    "class: BASE_S, physical_name: mock-fast, context_tokens: 128_000, max_output_tokens: 16_384, "
    "price: {input: 0.10, output: 0.40}"
)
MOST_TIMES = 1.2
"""How many times as long as a call that knows only the vendor that is well, at the median, once the circuit is open."""


def measure(conninfo: str) -> Report:
    """`ok` says that no call failed, that little was added, and that the books balance."""
    report = new_report("routing", conninfo)
    with ExitStack() as stopping, running_servers() as servers:
        _load_catalog(stopping)
        for name, vendor in CASES.items():
            report["figures"].append(_case(servers, name, f"{vendor}-then-mock"))
        title = f"{CONNECTIONS} connections, medians of {ROUNDS} rounds, after the circuit has opened"
        print_table(title, report["figures"])
        report["ok"] = all(row["failed"] == 0 and row["times_p50"] <= MOST_TIMES for row in report["figures"])
        check_ledger(
            report, conninfo, sum(row["calls"] for row in report["figures"]), with_more_attempts=True
        )
    return report


def _load_catalog(stopping: ExitStack) -> None:
    catalog = Path(os.environ["GATEWAY_STATE_DIR"]) / "routing-catalog.yaml"
    failing = {how: start_vendor(stopping, how).port for how in ("silent", "flapping")}
    catalog.write_text(CATALOG.format(dead=free_port(), **failing, first_byte_s=FIRST_BYTE_S, cheap=CHEAP))
    run("load_catalog", str(catalog))


def _case(servers: Servers, name: str, model: str) -> dict[str, Any]:
    each = {"connections": CONNECTIONS, "requests": max(40, plan().sequential // ROUNDS)}
    load(servers.gateway, token=servers.token, model="second", **each)
    opening = load(servers.gateway, token=servers.token, model=model, **each)
    rounds: list[tuple[Run, Run]] = []
    for _ in range(ROUNDS):
        alone = load(servers.gateway, token=servers.token, model="second", **each)
        both = load(servers.gateway, token=servers.token, model=model, **each)
        rounds.append((alone, both))
    runs = [opening, *[run for pair in rounds for run in pair]]

    def added(share: int) -> float:
        return round(median(both.latency_ms(share) - alone.latency_ms(share) for alone, both in rounds), 2)

    return {
        "the first vendor": name,
        "alone_p50_ms": round(median(alone.latency_ms(50) for alone, _ in rounds), 2),
        "added_p50_ms": added(50),
        "times_p50": round(median(both.latency_ms(50) / alone.latency_ms(50) for alone, both in rounds), 2),
        "alone_p99_ms": round(median(alone.latency_ms(99) for alone, _ in rounds), 2),
        "added_p99_ms": added(99),
        "until_open_p99_ms": round(opening.latency_ms(99), 1),
        "calls": sum(run.calls for run in runs) + each["requests"],
        "failed": sum(int(run.figures["failed"]) for run in runs),
    }
