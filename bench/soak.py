"""`script/bench soak [--minutes M]`: an hour at half load in which everything goes wrong that can.

Two servers work on one database. One of them, which is looked at, lives from beginning to end; the other is killed,
and stopped and started, again and again. The database crashes, the vendor fails, limits and prices change, tokens are
revoked. Memory, open files and tasks of the server that lives may not grow; in the end every call of the vendor's log
has its row, and the books balance.
"""

import argparse
import os
import random
import secrets
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench.http.processes import open_files, resident_mb
from bench.report import Report, new_report, print_table
from bench.resilience.bill import compare, until_all_has_ended
from bench.resilience.callers import Callers, refusals
from bench.resilience.events import QUIETLY, Events
from bench.resilience.gateway import new_server, new_tenant, prepare
from bench.resilience.metrics import METRICS_TOKEN, tasks_of
from bench.resilience.vendor import Vendor, running_vendor
from launcher.postgres import EmbeddedPostgres

MINUTES = 60.0
CALLERS = 32
FULL_S = 10.0
"""For so long as many calls as can be are made, to know what half of it is."""
LEASE_S = 20
SAMPLE_S = 5.0
WARM_SHARE = 0.2
"""Of the time, in which caches fill."""
MOST_GROWTH = 5.0
"""Percentage by which memory may be larger in the last third of the rest than in the first."""
SPARE = 8
"""Files and tasks that may be more then: a connection here or there, as calls are under way."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, default=MINUTES, metavar="M", help=f"else {MINUTES:.0f}")


def measure(conninfo: str, *, minutes: float) -> Report:
    """`ok`: nothing grows, every call of the vendor's log is a row, as billed or marked as estimated, clean books."""
    report = new_report("soak", conninfo)
    folder = Path(os.environ["GATEWAY_STATE_DIR"]) / "soak"
    folder.mkdir()
    database = EmbeddedPostgres(folder / "postgres")
    database.start()
    try:
        with running_vendor() as vendor:
            prepare(database.url, folder, vendor)
            samples = _work(report, database, vendor, folder, minutes * 60)
            report["books"] = books = compare(database.url, vendor.bill())
    finally:
        database.stop("immediate")
    report["figures"] = [_third(name, part) for name, part in _thirds(samples).items()]
    report["growth"] = growth = _growth(report["figures"])
    report["ok"] = growth["memory_%"] <= MOST_GROWTH and max(growth["files"], growth["tasks"]) <= SPARE
    wrong = ("without a row", "lost", "less", "more", "violations")
    report["ok"] &= not any(books[name] for name in wrong)
    _print(report)
    return report


def _work(
    report: Report, database: EmbeddedPostgres, vendor: Vendor, folder: Path, seconds: float
) -> list[dict[str, float]]:
    """The load and the events; returns what the server that lives used meanwhile."""
    environment = {"RESERVATION_LEASE_S": str(LEASE_S), "SWEEP_INTERVAL_S": "2"}
    environment[METRICS_TOKEN] = secrets.token_urlsafe(24)
    lives, dies = (
        new_server(database.url, folder / f"{name}.log", vendor, workers=1, environment=environment)
        for name in ("lives", "dies")
    )
    tokens = [new_tenant(database.url, name) for name in ("alder", "birch")]
    try:
        lives.start()
        dies.start()
        urls = [lives.url, dies.url]
        with Callers(urls, tokens, count=CALLERS, texts=QUIETLY) as full:
            time.sleep(FULL_S)
        full_per_s = sum(call.whole for call in full.calls) / FULL_S
        with Callers(urls, tokens, count=CALLERS, texts=QUIETLY, per_s=full_per_s / 2) as callers:
            events = Events(callers, dies, database)
            samples = _run(seconds, events, lives.pid, lives.port, environment[METRICS_TOKEN])
        until_all_has_ended(database.url, vendor)
    finally:
        lives.stop()
        dies.stop()
    calls = [*full.calls, *callers.calls]
    report["events"], report["told"] = dict(events.done), refusals(calls)
    report["load"] = {
        "minutes": round(seconds / 60, 1),
        "full_per_s": round(full_per_s, 1),
        "per_s": round(len(callers.calls) / seconds, 1),
        "calls": len(calls),
        "whole": sum(call.whole for call in calls),
    }
    return samples


def _print(report: Report) -> None:
    print_table("Load", [report["load"]])
    print_table("Events", [report["events"]])
    print_table("The server that lives, medians of a part of the time", report["figures"])
    print_table("Growth", [report["growth"]])
    for name, times in report["told"].items():
        print(f"not answered whole: {times} x {name}", flush=True)
    print_table("The vendor's log and the books", [report["books"]])


def _run(seconds: float, events: Events, pid: int, port: int, token: str) -> list[dict[str, float]]:
    """One event after the other, and what the server uses meanwhile."""
    samples: list[dict[str, float]] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_S):
            samples.append(
                {"resident_mb": resident_mb(pid), "files": open_files(pid), "tasks": tasks_of(port, token)}
            )

    sampler = threading.Thread(target=sample, name="samples", daemon=True)
    sampler.start()
    end_s = time.monotonic() + seconds
    dice = random.Random(60)
    while time.monotonic() < end_s:
        events.next(dice)
    over.set()
    sampler.join()
    return samples


def _thirds(samples: list[dict[str, float]]) -> dict[str, list[dict[str, float]]]:
    """Of the time after the caches were filled."""
    warm = samples[int(len(samples) * WARM_SHARE) :]
    third = max(1, len(warm) // 3)
    return {"first third": warm[:third], "second": warm[third : 2 * third], "last": warm[2 * third :]}


def _third(name: str, samples: list[dict[str, float]]) -> dict[str, Any]:
    return {"": name, **{key: round(median(sample[key] for sample in samples), 1) for key in samples[0]}}


def _growth(rows: list[dict[str, Any]]) -> dict[str, float]:
    first, last = rows[0], rows[-1]
    return {
        "memory_%": round((last["resident_mb"] / first["resident_mb"] - 1) * 100, 1),
        "files": last["files"] - first["files"],
        "tasks": last["tasks"] - first["tasks"],
    }
