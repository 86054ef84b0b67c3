"""Calls that were settled: reservation, entry and attempts, as the ledger leaves them where no limit stood."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection

from metering.ids import derived_id, uuid7
from metering.ledger.partitions import create_statements, month_of, month_plus
from metering.models import LedgerEntry, UsageLog, UsageReservation
from metering.types import EntryKind, ReservationState
from tests.support.busy.callers import Caller, callers
from tests.support.busy.catalog import MODELS

BATCH = 2_000
BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 12, 10, 12, 14, 14, 12, 9, 6, 4, 3, 2, 2, 1)
WEEKEND = 0.25
"""How much of a working day's calls there are."""
FAILS, CACHED = 0.006, 0.03
"""How many calls fail at their first vendor, and how many are answered from our own cache."""
AMOUNTS = ("input_tokens", "output_tokens", "cost_nano_usd", "api_calls", "files", "steps")
NONE_USED = dict.fromkeys((*AMOUNTS, "cached_input_tokens", "cache_write_tokens", "reasoning_tokens"), 0)


@dataclass(slots=True)
class Written:
    """Rows that wait for their table."""

    reservations: list[UsageReservation] = field(default_factory=list)
    attempts: list[UsageLog] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)

    def save(self) -> None:
        UsageReservation.objects.bulk_create(self.reservations)
        UsageLog.objects.bulk_create(self.attempts)
        LedgerEntry.objects.bulk_create(self.entries)


def write_calls(count: int, *, since: datetime, until: datetime, dice: Random) -> None:
    """Spread over the days as people work: by hour, fewer at weekends, a little more each week."""
    _make_partitions(since, until)
    known = callers()
    weights = [caller.weight for caller in known]
    moments = _moments(count, since, until, dice)
    for start in range(0, count, BATCH):
        written = Written()
        for moment in moments[start : start + BATCH]:
            _call(written, dice.choices(known, weights)[0], moment, dice)
        written.save()


def _make_partitions(since: datetime, until: datetime) -> None:
    month = month_of(since)
    with connection.cursor() as cursor:
        while month <= month_of(until):
            for statement in create_statements(month):
                cursor.execute(statement)
            month = month_plus(month, 1)


def _moments(count: int, since: datetime, until: datetime, dice: Random) -> list[datetime]:
    hours = int((until - since) / timedelta(hours=1))
    starts = [since + timedelta(hours=number) for number in range(hours)]
    weights = [
        BY_HOUR[start.hour] * (WEEKEND if start.weekday() > 4 else 1) * (1 + number / hours / 4)
        for number, start in enumerate(starts)
    ]
    chosen = dice.choices(starts, weights, k=count)
    return sorted(start + timedelta(seconds=dice.random() * 3_599) for start in chosen)


def _call(written: Written, caller: Caller, moment: datetime, dice: Random) -> None:
    labels = caller.labels(dice)
    id_ = uuid7(int(moment.timestamp() * 1000))
    common = {"tenant_id": caller.token.tenant_id, **labels}
    attempts = list(_attempts(labels["request_model"], dice))
    took_ms = sum(attempt["latency_ms"] for attempt in attempts)
    ended = moment + timedelta(milliseconds=took_ms)
    amounts = {name: sum(attempt[name] for attempt in attempts) for name in AMOUNTS}
    written.reservations.append(_reservation(id_, moment, ended, amounts, common))
    started = moment
    for number, attempt in enumerate(attempts, 1):
        written.attempts.append(
            UsageLog(
                id=derived_id(id_, number), reservation_id=id_, attempt=number, recorded_at=ended,
                response_model=labels["request_model"], started_at=started, **{**common, **attempt},
            )
        )  # fmt: skip
        started += timedelta(milliseconds=attempt["latency_ms"])
    written.entries.append(
        LedgerEntry(
            id=id_, reservation_id=id_, tenant_id=caller.token.tenant_id, kind=EntryKind.SETTLE, recorded_at=ended,
            meter_ids=[], charges=[], requests=any(attempt["outcome"] == "ok" for attempt in attempts), **amounts,
        )
    )  # fmt: skip


def _reservation(
    id_: UUID, moment: datetime, ended: datetime, amounts: dict[str, int], common: dict[str, Any]
) -> UsageReservation:
    return UsageReservation(
        id=id_, state=ReservationState.SETTLED, created_at=moment, lease_expires_at=moment + timedelta(minutes=5),
        ended_at=ended, body_digest=0, end_digest=0, meter_ids=[], amounts=[], unenforced=[], flags=[],
        **amounts, **common,
    )  # fmt: skip


def _attempts(model: str, dice: Random) -> Iterator[dict[str, Any]]:
    """One that answers; before some, one that failed."""
    if dice.random() < FAILS:
        yield {**NONE_USED, "latency_ms": dice.randint(200, 1_500), "outcome": "error", "estimated": False}
    tokens_in, tokens_out = int(dice.lognormvariate(10.8, 0.8)), int(dice.lognormvariate(7.3, 0.7))
    cached = tokens_in // 2 if dice.random() < 0.5 else 0
    cost = cost_of(model, tokens_in, tokens_out, cached)
    if dice.random() < CACHED:
        yield {**NONE_USED, "latency_ms": dice.randint(3, 9), "outcome": "cached", "estimated": False,
               "list_cost_nano_usd": cost}  # fmt: skip
        return
    yield {
        **NONE_USED, "input_tokens": tokens_in, "output_tokens": tokens_out, "cached_input_tokens": cached,
        "cost_nano_usd": cost, "outcome": "ok", "estimated": dice.random() < 0.01,
        "latency_ms": 300 + tokens_out * dice.randint(3, 9),
    }  # fmt: skip


def cost_of(model: str, tokens_in: int, tokens_out: int, cached: int = 0) -> int:
    """In nano-USD; cached tokens cost a tenth."""
    _, _, dollars_in, dollars_out = MODELS[model]
    fresh = (tokens_in - cached) + Decimal(cached) / 10
    return int((fresh * Decimal(dollars_in) + tokens_out * Decimal(dollars_out)) * 1_000)
