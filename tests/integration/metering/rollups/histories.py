"""Random history: calls and corrections of some days around a shift of the clock, recorded in time or late."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from metering.ids import derived_id, uuid7
from metering.models import LedgerEntry, Tenant, UsageLog

ZONES = {
    "Europe/Berlin": date(2026, 3, 29),  # a day of 23 hours
    "America/New_York": date(2026, 3, 8),
    "Australia/Lord_Howe": date(2026, 4, 5),  # half an hour more
    "Asia/Kolkata": date(2026, 3, 15),
    "Asia/Kathmandu": date(2026, 3, 15),
    "UTC": date(2026, 3, 15),
}
"""Each with a day in the middle of its history."""
MONTHS = (date(2026, 3, 1), date(2026, 4, 1))
ALDER, BIRCH = UUID(int=10), UUID(int=11)
PEOPLE = [UUID(int=20), UUID(int=21), None]
TEAMS = [UUID(int=30), None]
TOKENS = [UUID(int=40), UUID(int=41)]
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    tenant_id: UUID
    minutes: int
    """After the first moment of the history."""
    labels: dict[str, Any]
    attempts: list[dict[str, Any]]
    corrections: list[dict[str, int]]
    late: bool
    """Recorded after the rollups were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    zone: str
    calls: list[Call] = field(default_factory=list)

    @property
    def first(self) -> datetime:
        return datetime.combine(ZONES[self.zone], datetime.min.time(), UTC) - timedelta(days=2)

    @property
    def now(self) -> datetime:
        return self.first + timedelta(days=4, hours=3, minutes=7)


amounts = st.integers(0, 10**12)
attempt = st.fixed_dictionaries(
    {
        "request_model": st.sampled_from(["small", "large"]),
        "provider_name": st.sampled_from(["sandbox", "elsewhere"]),
        "outcome": st.sampled_from(["ok", "ok", "ok", "error", "timeout", "cut", "cancelled", "provisional", "cached"]),
        "cost_nano_usd": amounts,
        "list_cost_nano_usd": st.one_of(st.none(), amounts),
        "input_tokens": st.integers(0, 5_000),
        "output_tokens": st.integers(0, 500),
        "cached_input_tokens": st.integers(0, 100),
        "latency_ms": st.integers(0, 2_000_000),
        "estimated": st.booleans(),
        "own_key": st.booleans(),
    }
)  # fmt: skip
labels = st.fixed_dictionaries(
    {
        "task": st.sampled_from(["LLM0_CHAT", "LLM2_DRAFT"]),
        "model_class": st.sampled_from(["BASE_S", "PRO_L"]),
        "user_id": st.sampled_from(PEOPLE),
        "team_id": st.sampled_from(TEAMS),
        "token_id": st.sampled_from(TOKENS),
        "agent_id": st.sampled_from(["bot", None]),
        "conversation_id": st.sampled_from(["a", "b", "c", "d", "e", None]),
        "microdao_id": st.sampled_from(["dao", None]),
        "channel_id": st.sampled_from(["chat", None]),
        "tags": st.sampled_from([[], ["project=apollo"], ["cost-centre=7", "project=apollo"]]),
    }
)
correction = st.fixed_dictionaries(
    {
        "requests": st.integers(-1, 1),
        "input_tokens": st.integers(-50, 50),
        "cost_nano_usd": st.integers(-(10**9), 10**9),
    }
)
calls = st.builds(
    Call,
    tenant_id=st.sampled_from([ALDER, ALDER, BIRCH]),
    minutes=st.integers(0, 4 * 24 * 60 + 180),
    labels=labels,
    attempts=st.lists(attempt, min_size=1, max_size=3),
    corrections=st.lists(correction, max_size=2),
    late=st.booleans(),
)
history = st.builds(
    History, zone=st.sampled_from(sorted(ZONES)), calls=st.lists(calls, min_size=3, max_size=14)
)


def write(history: History, *, late: bool) -> None:
    """Those calls and corrections into the tables that the ledger writes; every second correction comes late."""
    rows, entries = [], []
    for call in history.calls:
        at = history.first + timedelta(minutes=call.minutes, milliseconds=next(_numbers) % 59_000)
        if call.late == late:
            reservation = uuid7(int(at.timestamp() * 1000))
            rows += _rows(call, reservation, at, late=late)
            entries += _entries(call, reservation, at, late=late)
    UsageLog.objects.bulk_create(rows)
    LedgerEntry.objects.bulk_create(entries)


def _rows(call: Call, reservation: UUID, at: datetime, *, late: bool) -> list[UsageLog]:
    return [
        UsageLog(
            id=derived_id(reservation, number),
            reservation_id=reservation,
            attempt=number,
            tenant_id=call.tenant_id,
            request_id="request",
            response_model=values["request_model"],
            cache_write_tokens=0,
            reasoning_tokens=0,
            started_at=at,
            recorded_at=_recorded(at, late=late),
            **call.labels,
            **values,
        )
        for number, values in enumerate(call.attempts, 1)
    ]


def _entries(call: Call, reservation: UUID, at: datetime, *, late: bool) -> list[LedgerEntry]:
    return [
        LedgerEntry(
            id=derived_id(reservation, 0xFF00 + number),
            reservation_id=reservation,
            tenant_id=call.tenant_id,
            kind=5,
            recorded_at=_recorded(at, late=late),
            meter_ids=[],
            charges=[],
            reason="test",
            **values,
        )
        for number, values in enumerate(call.corrections, 1)
    ]


def _recorded(at: datetime, *, late: bool) -> datetime:
    """In time, or just now."""
    return datetime.now(UTC) if late else at


def tenants(zone: str) -> tuple[Tenant, Tenant]:
    """Alder in that zone, Birch in Kathmandu."""
    made = []
    for pk, slug, place in ((ALDER, "alder", zone), (BIRCH, "birch", "Asia/Kathmandu")):
        tenant, _ = Tenant.objects.update_or_create(
            pk=pk, defaults={"slug": slug, "name": slug, "timezone": place}
        )
        made.append(tenant)
    return made[0], made[1]
