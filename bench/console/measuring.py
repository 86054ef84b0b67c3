"""How long the console's pages take on 1 and 10 million usage rows, and on rollups as for 100
million calls.

A page is opened as a super admin and as an administrator of the largest tenant does it, by Django's client: everything
but the network. Figures are the median and the slowest of some rounds, and how much of the processors one took.
"""

import time
from statistics import median

import psycopg
from django.test import Client

from bench.console.pages import PAGES, at
from bench.console.people import people
from bench.console.processor import Processor
from bench.console.rollups_of_many import write_rollups
from bench.console.rows import fill
from bench.report import Report, new_report, print_table
from metering.rollups.roll_up import roll_up_usage

ROUNDS = 5
MAX_P50_MS = 300
SIZES = (1_000_000, 10_000_000)
ROLLED_CALLS = 100_000_000
NOT_SHOWN_MS = 60_000.0
"""Stands for a page that fails, or says that it takes too long."""


def measured(conninfo: str) -> Report:
    """`ok`: every page's median is within MAX_P50_MS."""
    report = new_report("console", conninfo)
    clients = people()
    written = 0
    report["rolling_up"] = []
    for size in SIZES:
        fill(conninfo, since=written, until=size)
        written = size
        report["rolling_up"].append(_roll_up(conninfo, size))
        print_table("Adding usage up", report["rolling_up"])
        report["figures"] += _pages(clients, f"{size:,} rows")
    write_rollups(conninfo, ROLLED_CALLS)
    report["figures"] += _pages(clients, f"rollups of {ROLLED_CALLS:,} calls")
    report["ok"] = all(row["p50_ms"] <= MAX_P50_MS for row in report["figures"])
    return report


def _roll_up(conninfo: str, size: int) -> dict[str, float | int]:
    """From nothing, in as many runs as it takes."""
    _forget(conninfo)
    started, units, longest, built = time.monotonic(), 0, 0.0, 1
    while built:
        run = time.monotonic()
        built = roll_up_usage(conninfo, at())
        units += built
        longest = max(longest, time.monotonic() - run)
    again = time.monotonic()
    roll_up_usage(conninfo, at())
    return {
        "rows": size,
        "units": units,
        "seconds": round(again - started, 1),
        "longest_run_s": round(longest, 1),
        "nothing_to_do_ms": round(1_000 * (time.monotonic() - again), 1),
    }


def _forget(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for table in ("metering_usagerollup", "metering_rolledunit", "metering_rollupprogress"):
            connection.execute(f"TRUNCATE {table}".encode())


def _pages(clients: dict[str, Client], case: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for who, client in clients.items():
        for name, address in PAGES.items():
            client.get(address)  # fills what a process remembers
            processor = Processor()
            times = [_needed_ms(client, address) for _ in range(ROUNDS)]
            rows.append(
                {
                    "case": case,
                    "who": who,
                    "page": name,
                    "p50_ms": round(median(times), 1),
                    "slowest_ms": round(max(times), 1),
                    "python_ms": round(processor.python_ms / ROUNDS, 1),
                    "postgresql_ms": round(processor.postgresql_ms / ROUNDS, 1),
                }
            )
    print_table(f"Pages, of {ROUNDS} rounds; the processor's time for one", rows)
    return rows


def _needed_ms(client: Client, address: str) -> float:
    began = time.perf_counter()
    response = client.get(address)
    if response.status_code != 200 or b"takes too long" in response.content:
        return NOT_SHOWN_MS
    return 1_000 * (time.perf_counter() - began)
