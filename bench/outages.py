"""`script/bench outages [--seeds N]`: N outages of PostgreSQL, each another; afterwards the books are the vendor's.

Gateways and vendor are real processes; PostgreSQL is really stopped, or all connections to it are cut; processes are
really killed. What comes of a seed says `tests/faults/outages/plan.py`, what has to be true afterwards `bill.py`. As
several worlds run side by side, a seed's timing differs from run to run; what it does does not.
"""

import argparse
import asyncio
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from bench.report import Report, new_report, print_table
from launcher.postgres import EmbeddedPostgres
from tests.faults.callers import callers
from tests.faults.databases import create_database, migrate
from tests.faults.outages.bill import assert_ledger_is_the_bill
from tests.faults.outages.outage import happens
from tests.faults.outages.plan import MANNERS, outage_of
from tests.faults.outages.world import World, running_world

SEEDS = 220
WORLDS = 5
DATABASE = "outages"
Tally = dict[str, Counter[str]]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, metavar="N", help=f"how many outages, else {SEEDS}"
    )


def measure(conninfo: str, *, seeds: int) -> Report:
    """Run them and print a table by manner; `ok`: after each the books were the vendor's."""
    report = new_report("outages", conninfo)
    tally: Tally = {manner: Counter() for manner in MANNERS}
    began = time.monotonic()
    asyncio.run(_all(seeds, tally))
    report["figures"] = [{"manner": manner, **_figures(tally[manner])} for manner in MANNERS]
    print_table(f"{seeds} outages", report["figures"])
    report["seconds"] = round(time.monotonic() - began)
    report["ok"] &= not any(count["failed"] for count in tally.values())
    return report


def _figures(count: Counter[str]) -> dict[str, int]:
    names = (
        "outages",
        "failed",
        "answered",
        "refused",
        "cut off",
        "provisional",
        "held in vain",
        "past limits",
        "uncovered",
    )
    return {name: count[name] for name in names}


async def _all(seeds: int, tally: Tally) -> None:
    waiting = iter(range(seeds))
    with TemporaryDirectory(prefix="outages-", dir=os.environ["GATEWAY_STATE_DIR"]) as name:
        folders = [Path(name) / str(number) for number in range(min(WORLDS, seeds))]
        await asyncio.to_thread(_make_databases, folders)
        await asyncio.gather(*[_in_a_world(folder, waiting, tally) for folder in folders])


def _make_databases(folders: Sequence[Path]) -> None:
    """A server's files for each world: migrated once, then copied."""
    first, *others = folders
    first.mkdir()
    server = EmbeddedPostgres(first / "postgres")
    server.start()
    server.allow_test_databases()
    migrate(create_database(server.url, DATABASE))
    server.stop("fast")
    for folder in others:
        subprocess.run(["cp", "-a", first, folder], check=True)


async def _in_a_world(folder: Path, waiting: Iterator[int], tally: Tally) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    await asyncio.to_thread(server.start)
    (folder / "gateways").mkdir()
    database = urlsplit(server.url)._replace(path=f"/{DATABASE}").geturl()
    entered = running_world(server, database, folder / "gateways")
    world = await asyncio.to_thread(entered.__enter__)
    try:
        for seed in waiting:
            if not await _survives(world, seed, tally):
                break  # what it left would fail the next ones too
    finally:
        await asyncio.to_thread(entered.__exit__, None, None, None)
        await asyncio.to_thread(server.stop, "immediate")


async def _survives(world: World, seed: int, tally: Tally) -> bool:
    outage = outage_of(seed)
    count = tally[outage.manner]
    count["outages"] += 1
    try:
        async with callers() as crowd:
            slug, told = await happens(world, outage, crowd)
        books = await assert_ledger_is_the_bill(world, slug, told)
    except Exception as error:  # noqa: BLE001 - told, and counted
        print(f"seed {seed} ({outage}) failed: {type(error).__name__}: {error}", flush=True)
        count["failed"] += 1
        return False
    count["answered"] += sum(each.whole for each in told)
    count["refused"] += sum(each.status in (429, 503) for each in told)
    count["cut off"] += sum(each.status == 0 for each in told)
    count["provisional"] += books.provisional
    count["held in vain"] += books.slack
    count["past limits"] += books.passed
    count["uncovered"] += books.uncovered
    print(f"seed {seed}: {outage.manner}", flush=True)
    return True
