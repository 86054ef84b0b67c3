"""`script/bench ledger`: durable reserve + settle pairs a second from one process, and the sweeper under load."""

import asyncio
from time import perf_counter
from uuid import UUID

import psycopg
import uvloop

from bench.pairs import BOUND, LABELS, PairFigures, callers, lines_of, run_pairs
from bench.report import Report, new_report, print_table
from gateway_project.collector import spare_what_lives_long
from metering.ids import uuid7
from metering.ledger.audit import verify_ledger
from metering.ledger.commands import Reserve
from metering.ledger.sweep import sweep_reservations
from metering.ledger.writer import LedgerWriter

TENANT = UUID(int=1)
RUNS = ((64, 9_000.0), (256, 10_000.0))
"""In flight, and the pairs a second that must be reached."""
PAIRS = 100_000
WARM_UP = 10_000
ABANDONED = 10_000
SWEEP_LIMIT_S = 5.0


def measure(conninfo: str) -> Report:
    """Run all and print the tables; `ok` says whether every floor was reached and the books balance."""
    report = new_report("ledger", conninfo)
    spare_what_lives_long()  # as the server does
    done = uvloop.run(_pairs(conninfo, 256, WARM_UP)).pairs
    for in_flight, floor in RUNS:
        figures = uvloop.run(_pairs(conninfo, in_flight, PAIRS))
        done += figures.pairs
        report["figures"].append(row_of(figures, {"in_flight": in_flight}) | {"floor": floor})
        report["ok"] &= figures.pairs_per_s >= floor
    print_table("Reserve + settle pairs, five meters each, one hot tenant, one process", report["figures"])
    report["sweep"] = uvloop.run(_sweep_under_load(conninfo))
    done += report["sweep"].pop("pairs")
    report["ok"] &= report["sweep"]["seconds"] < SWEEP_LIMIT_S
    print_table("Sweep of abandoned holds while admissions go on", [report["sweep"]])
    report["rows"] = _rows(conninfo)
    violations = verify_ledger(conninfo)
    report["violations"] = len(violations)
    expected = done + ABANDONED
    report["ok"] &= not violations and set(report["rows"].values()) == {expected}
    print_table("Rows", [{"expected": expected} | report["rows"] | {"violations": len(violations)}])
    return report


def row_of(figures: PairFigures, labels: dict[str, int]) -> dict[str, float | int]:
    """A table row: throughput, latency of a whole pair, CPU of a pair."""
    return labels | {
        "pairs": figures.pairs,
        "pairs/s": round(figures.pairs_per_s, 1),
        "p50_ms": round(figures.percentile_ms(0.5), 2),
        "p99_ms": round(figures.percentile_ms(0.99), 2),
        "python_us": round(figures.python_cpu_s / figures.pairs * 1e6, 1),
        "postgres_us": round(figures.postgres_cpu_s / figures.pairs * 1e6, 1),
    }


async def _pairs(conninfo: str, in_flight: int, pairs: int) -> PairFigures:
    writer = LedgerWriter(conninfo)
    await writer.start()
    figures = await run_pairs(writer, callers([TENANT]), in_flight=in_flight, pairs=pairs)
    await writer.close()
    return figures


async def _sweep_under_load(conninfo: str) -> dict[str, float | int]:
    writer = LedgerWriter(conninfo)
    await writer.start()
    lines = lines_of(TENANT)
    for _ in range(ABANDONED // 500):
        holds = (
            Reserve(
                reservation_id=uuid7(), tenant_id=TENANT, lines=lines, labels=LABELS, bound=BOUND, lease_s=1
            )
            for _ in range(500)
        )
        await asyncio.gather(*map(writer.submit, holds))
    with psycopg.connect(conninfo) as connection:
        connection.execute("ANALYZE metering_usagereservation")
    await asyncio.sleep(1.1)
    stop = asyncio.Event()
    load = asyncio.create_task(_load_until(writer, stop))
    started = perf_counter()
    swept = await asyncio.create_task(_sweep_in_thread(conninfo))
    seconds = perf_counter() - started
    stop.set()
    pairs, slowest = await load
    await writer.close()
    return {
        "abandoned": ABANDONED,
        "swept": swept,
        "seconds": round(seconds, 2),
        "admissions/s": round(pairs / seconds, 1),
        "slowest_pair_ms": round(slowest, 1),
        "pairs": pairs,
    }


async def _sweep_in_thread(conninfo: str) -> int:
    """As in production the sweeper is another worker: it shares the database with the load, not its event loop."""
    return await asyncio.to_thread(lambda: asyncio.run(sweep_reservations(conninfo)).expired)


async def _load_until(writer: LedgerWriter, stop: asyncio.Event) -> tuple[int, float]:
    load = callers([TENANT])
    pairs, slowest = 0, 0.0
    while not stop.is_set():
        figures = await run_pairs(writer, load, in_flight=32, pairs=320)
        pairs += figures.pairs
        slowest = max(slowest, *figures.latencies_ms)
    return pairs, slowest


def _rows(conninfo: str) -> dict[str, int]:
    tables = {
        "reservations": "metering_usagereservation",
        "attempts": "metering_usagelog",
        "entries": "metering_ledgerentry",
    }
    with psycopg.connect(conninfo) as connection:
        return {
            name: (connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,))[0]
            for name, table in tables.items()
        }
