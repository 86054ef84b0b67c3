"""Load on the ledger: reserve + settle pairs on five meters, a fixed number in flight."""

import asyncio
import os
import resource
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import perf_counter
from uuid import UUID

import psycopg

from metering.amounts import Amounts
from metering.ids import uuid7
from metering.labels import Labels
from metering.ledger.commands import Attempt, HoldLine, MeterKey, Reserve, Settle
from metering.ledger.results import Ended, Granted
from metering.ledger.writer import LedgerWriter
from metering.types import Dimension, Window

METERS = (
    (Dimension.REQUESTS, Window.DAY, 1),
    (Dimension.TOKENS, Window.HOUR, 1_500),
    (Dimension.COST, Window.MONTH, 2_000_000),
    (Dimension.COST, Window.DAY, 2_000_000),
    (Dimension.CONCURRENCY, Window.NONE, 1),
)
"""Dimension, window and amount of each meter that a call holds on."""
BUDGETS = tuple(UUID(int=1_000 + place) for place in range(len(METERS)))
LIMIT = 10**15
LABELS = Labels(
    request_id="req_0123456789abcdef",
    task="LLM0_CHAT",
    request_model="sandbox-small",
    model_class="BASE_S",
    provider_name="sandbox",
    token_id=UUID(int=7),
)
BOUND = Amounts(input_tokens=500, output_tokens=1_000, cost_nano_usd=2_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFigures:
    """What a run of pairs took. CPU is of this process and of its PostgreSQL backends."""

    pairs: int
    seconds: float
    latencies_ms: list[float]
    python_cpu_s: float
    postgres_cpu_s: float

    @property
    def pairs_per_s(self) -> float:
        return self.pairs / self.seconds

    def percentile_ms(self, share: float) -> float:
        return sorted(self.latencies_ms)[int(share * (len(self.latencies_ms) - 1))]


def lines_of(tenant: UUID) -> tuple[HoldLine, ...]:
    """Five lines on the tenant's own meters, of budgets that all tenants have, as from one plan."""
    subject_id = tenant.hex
    return tuple(
        HoldLine(
            meter=MeterKey(
                subject_type="tenant",
                subject_id=subject_id,
                tenant_id=tenant,
                dimension=dimension,
                window=window,
            ),
            amount=amount,
            limit=LIMIT,
            budget_id=budget_id,
        )
        for budget_id, (dimension, window, amount) in zip(BUDGETS, METERS, strict=True)
    )


Caller = tuple[UUID, tuple[HoldLine, ...]]
"""A tenant and its lines; the same objects for all its calls, as a policy snapshot gives them."""


def callers(tenants: list[UUID]) -> list[Caller]:
    return [(tenant, lines_of(tenant)) for tenant in tenants]


async def run_pairs(writer: LedgerWriter, lines: list[Caller], *, in_flight: int, pairs: int) -> PairFigures:
    """Carry out `pairs` reserve + settle pairs, `in_flight` at a time.

    With fewer callers than calls in flight all share them; otherwise each of the `in_flight` clients draws from
    tenants of its own, so that a batch always meets as many different tenants as there are clients.
    """
    latencies: list[float] = []
    python_before, postgres_before, started = _python_cpu_s(), _postgres_cpu_s(), perf_counter()
    clients = [
        _client(
            writer,
            lines[seed::in_flight] if len(lines) >= in_flight else lines,
            pairs // in_flight,
            Random(seed),
            latencies,
        )
        for seed in range(in_flight)
    ]
    await asyncio.gather(*clients)
    return PairFigures(
        pairs=pairs // in_flight * in_flight,
        seconds=perf_counter() - started,
        latencies_ms=latencies,
        python_cpu_s=_python_cpu_s() - python_before,
        postgres_cpu_s=_postgres_cpu_s() - postgres_before,
    )


async def _client(
    writer: LedgerWriter,
    lines: list[Caller],
    pairs: int,
    random: Random,
    latencies: list[float],
) -> None:
    for _ in range(pairs):
        tenant, held = random.choice(lines)
        started = perf_counter()
        reservation_id = uuid7()
        granted = await writer.submit(
            Reserve(reservation_id=reservation_id, tenant_id=tenant, lines=held, labels=LABELS, bound=BOUND)
        )
        ended = await writer.submit(Settle(reservation_id=reservation_id, attempts=(_attempt(),)))
        latencies.append((perf_counter() - started) * 1_000)
        if not (isinstance(granted, Granted) and isinstance(ended, Ended)):
            raise RuntimeError(f"a pair was not carried out: {granted} {ended}")


def _attempt() -> Attempt:
    return Attempt(
        number=1,
        provider_name="sandbox",
        response_model="sandbox-small-1",
        started_at=datetime.now(UTC),
        latency_ms=120,
        input_tokens=400,
        output_tokens=600,
        cost_nano_usd=1_000_000,
    )


def _python_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _postgres_cpu_s() -> float:
    """CPU of the ledger's backends, on this database and copies of it, where PostgreSQL runs on this machine."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'gateway-ledger' AND starts_with(datname, current_database())"
        ).fetchall()
    ticks = 0
    for (pid,) in rows:
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists():
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
