"""`script/bench growth`: what a pair costs as tenants grow to 10,000 and the usage log to 5 million rows.

Ten calls are in flight, each of another tenant, whether there are ten tenants or ten thousand: so the batches are
alike, and what changes is only how much the database and the caches know. All cases are measured in turns, on a
database without and one with the rows, because the processors' speed changes from minute to minute: what counts is the
median of the rounds' ratios. A second table shows what it costs that a batch meets many tenants at once, which no
growth changes: their meters are not shared, so each is a row of its own.
"""

import os
import subprocess
import sys
from functools import cache
from statistics import median
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import uvloop
from django.conf import settings
from psycopg import sql

from bench.history import write_history
from bench.ledger import row_of
from bench.pairs import Caller, PairFigures, callers, run_pairs
from bench.report import Report, new_report, print_table
from gateway_project.collector import spare_what_lives_long
from metering.ledger.audit import verify_ledger
from metering.ledger.writer import LedgerWriter

TENANTS = (10, 10_000)
HISTORY_ROWS = 5_000_000
PAIRS = 10_000
ROUNDS = 9
TOLERANCE = 1.15
MIGRATE_TIMEOUT_S = 120
IN_FLIGHT = 10
MIXES = ((1, 64), (64, 64))
"""Tenants and calls in flight of the second table."""


def measure(conninfo: str) -> Report:
    """Run all and print the table; `ok` says whether the dearest pair stayed within the tolerance."""
    report = new_report("growth", conninfo)
    spare_what_lives_long()  # as the server does
    grown = _another(conninfo)
    write_history(grown, HISTORY_ROWS)
    cases = {
        (tenants, rows): base for rows, base in ((0, conninfo), (HISTORY_ROWS, grown)) for tenants in TENANTS
    }
    rounds = uvloop.run(_rounds(cases))
    first = next(iter(cases))
    rows: list[dict[str, float | int]] = report["figures"]
    for case in cases:
        middle = sorted((each[case] for each in rounds), key=lambda figures: figures.pairs_per_s)[ROUNDS // 2]
        row = row_of(middle, {"tenants": case[0], "log_rows": case[1], "in_flight": IN_FLIGHT})
        ratio = median(each[first].pairs_per_s / each[case].pairs_per_s for each in rounds)
        rows.append(row | {"cost_ratio": round(ratio, 3)})
    report["ok"] = all(float(row["cost_ratio"]) <= TOLERANCE for row in rows)
    print_table(f"Cost of a pair (medians of {ROUNDS} rounds in turns), five meters for each tenant", rows)
    report["mixes"] = [
        row_of(uvloop.run(_mix(conninfo, tenants, in_flight)), {"tenants": tenants, "in_flight": in_flight})
        for tenants, in_flight in MIXES
    ]
    print_table("How many tenants a batch meets", report["mixes"])
    violations = [*verify_ledger(conninfo), *verify_ledger(grown)]
    report["violations"] = len(violations)
    report["ok"] &= not violations
    print(f"verify_ledger: {len(violations)} violations", flush=True)
    return report


Case = tuple[int, int]
"""Tenants, and rows in the usage log."""


async def _rounds(cases: dict[Case, str]) -> list[dict[Case, PairFigures]]:
    writers = {case: LedgerWriter(conninfo) for case, conninfo in cases.items()}
    for (tenants, _), writer in writers.items():
        await writer.start()
        await _open_meters(writer, _callers(tenants))
    rounds = [
        {case: await _measured(writer, case[0], IN_FLIGHT) for case, writer in writers.items()}
        for _ in range(ROUNDS)
    ]
    for writer in writers.values():
        await writer.close()
    return rounds


async def _mix(conninfo: str, tenants: int, in_flight: int) -> PairFigures:
    writer = LedgerWriter(conninfo)
    await writer.start()
    await _open_meters(writer, _callers(tenants))
    figures = await _measured(writer, tenants, in_flight)
    await writer.close()
    return figures


async def _measured(writer: LedgerWriter, tenants: int, in_flight: int) -> PairFigures:
    return await run_pairs(writer, _callers(tenants), in_flight=in_flight, pairs=PAIRS)


async def _open_meters(writer: LedgerWriter, lines: list[Caller]) -> None:
    """Every tenant's, before the clock runs."""
    for first in range(0, len(lines), IN_FLIGHT):
        some = lines[first : first + IN_FLIGHT]
        await run_pairs(writer, some, in_flight=len(some), pairs=len(some))


@cache
def _callers(tenants: int) -> list[Caller]:
    return callers([UUID(int=10_000 + place) for place in range(tenants)])


def _another(conninfo: str) -> str:
    """Another database on the same server, as empty as this one; its address."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        name = f"{connection.info.dbname}_grown"
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    address = urlsplit(conninfo)._replace(path=f"/{name}").geturl()
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": address},
        check=True,
        timeout=MIGRATE_TIMEOUT_S,
    )
    return address
