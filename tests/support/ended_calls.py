"""Calls of some moment, as the ledger leaves them where no limit stood: reservation, attempts and entries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from metering.ids import derived_id
from metering.models import LedgerEntry, Tenant, UsageLog
from metering.types import EntryKind, ReservationState
from tests.factories import AttemptFactory, ReservationFactory, id_at

AMOUNTS = ("input_tokens", "output_tokens", "cost_nano_usd", "api_calls", "files", "steps")
TRUE_UP, CORRECTION = 1, 2
"""By which an entry's id differs from its reservation's, of the first correction."""


def settled(
    tenant: Tenant, at: datetime, *attempts: dict[str, Any], recorded_at: datetime | None = None
) -> UUID:
    """A call that ended, and its id; without attempts one with the factory's."""
    id_ = _reserved(tenant, at, state=ReservationState.SETTLED)
    rows = [_attempt(id_, tenant, at, number, values) for number, values in enumerate(attempts or ({},), 1)]
    _entry(id_, id_, tenant, EntryKind.SETTLE, recorded_at or at, requests=1, **_sums(rows))
    return id_


def expired(tenant: Tenant, at: datetime, *, cost: int, recorded_at: datetime | None = None) -> UUID:
    """A call that ended, nobody knows how: charged as held."""
    id_ = _reserved(tenant, at, state=ReservationState.EXPIRED, provisional=True)
    row = _attempt(id_, tenant, at, 1, {"cost_nano_usd": cost, "outcome": "provisional", "estimated": True})
    _entry(id_, id_, tenant, EntryKind.EXPIRE, recorded_at or at, requests=1, **_sums([row]))
    return id_


def trued_up(id_: UUID, *, cost: int, recorded_at: datetime) -> None:
    """What the call really cost has become known: its attempt is replaced, the difference is an entry."""
    row = UsageLog.objects.get(pk=derived_id(id_, 1))
    difference = cost - row.amounts.cost_nano_usd
    UsageLog.objects.filter(pk=row.pk).update(
        cost_nano_usd=cost, outcome="ok", estimated=False, recorded_at=recorded_at
    )
    owner = Tenant.objects.get(pk=row.tenant_id)
    _entry(derived_id(id_, TRUE_UP), id_, owner, EntryKind.TRUE_UP, recorded_at, cost_nano_usd=difference)


def corrected(
    tenant: Tenant, id_: UUID, *, by: int, recorded_at: datetime, reason: str, number: int = 0
) -> None:
    _entry(
        derived_id(id_, CORRECTION + number), id_, tenant, EntryKind.ADJUST, recorded_at,
        cost_nano_usd=by, reason=reason,
    )  # fmt: skip


def _reserved(tenant: Tenant, at: datetime, **columns: Any) -> UUID:
    row = ReservationFactory(
        id=id_at(at), tenant_id=tenant.pk, created_at=at, ended_at=at, end_digest=1, **columns
    )
    return UUID(str(row.pk))


def _attempt(id_: UUID, tenant: Tenant, at: datetime, number: int, values: dict[str, Any]) -> UsageLog:
    row: UsageLog = AttemptFactory(reservation_id=id_, tenant_id=tenant.pk, attempt=number, at=at, **values)
    return row


def _sums(rows: list[UsageLog]) -> dict[str, int]:
    return {name: sum(getattr(row, name) for row in rows) for name in AMOUNTS}


def _entry(
    id_: UUID, reservation: UUID, tenant: Tenant, kind: EntryKind, at: datetime, **columns: Any
) -> None:
    amounts = {**dict.fromkeys(AMOUNTS, 0), "requests": 0}
    LedgerEntry.objects.create(
        id=id_, reservation_id=reservation, tenant_id=tenant.pk, kind=kind, recorded_at=at, meter_ids=[],
        charges=[], **{**amounts, **columns},
    )  # fmt: skip
