"""UnitOfWork made by hand, and the commands that meet them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from metering.amounts import Amounts
from metering.ids import derived_id, uuid7
from metering.labels import Labels
from metering.ledger.commands import Adjust, Attempt, HoldLine, MeterKey, Reserve, Settle
from metering.ledger.digests import command_digest
from metering.ledger.records import Entry, HoldRow, Meter
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import Dimension, EntryKind, ReservationState, Window

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
ID = uuid7(int(NOW.timestamp() * 1000))
ALDER, BIRCH = UUID(int=0xA), UUID(int=0xB)
METER_ID = 7
LABELS = Labels(request_id="request", task="LLM0_CHAT", provider_name="sandbox")
KEY = MeterKey(
    subject_type="tenant",
    subject_id=str(ALDER),
    tenant_id=ALDER,
    dimension=Dimension.TOKENS,
    window=Window.DAY,
)


def line(amount: int = 10, limit: int = 100, *, meter: MeterKey = KEY, **facts: Any) -> HoldLine:
    return HoldLine(meter=meter, amount=amount, limit=limit, **facts)


def reserve(*lines: HoldLine, id_: UUID = ID, tenant_id: UUID = ALDER, **facts: object) -> Reserve:
    """Ten tokens of Alder's, unless lines say otherwise."""
    facts.setdefault("bound", Amounts(output_tokens=10))
    return Reserve(
        reservation_id=id_,
        tenant_id=tenant_id,
        lines=lines or (line(),),
        labels=LABELS,
        **facts,  # type: ignore[arg-type]
    )


def settle(output_tokens: int = 6, *, id_: UUID = ID) -> Settle:
    return Settle(reservation_id=id_, attempts=(attempt(output_tokens=output_tokens),))


def attempt(number: int = 1, provider_name: str = "sandbox", **facts: Any) -> Attempt:
    return Attempt(
        number=number,
        provider_name=provider_name,
        response_model="sandbox-small",
        started_at=NOW,
        latency_ms=5,
        **facts,
    )


def adjustment(output_tokens: int = 3, *, number: int = 1) -> Adjust:
    return Adjust(reservation_id=ID, number=number, reason="by hand", output_tokens=output_tokens)


def meter(id_: int = METER_ID, key: MeterKey = KEY, **counts: Any) -> Meter:
    """A locked meter without watches."""
    values = {
        "used": 0,
        "held": 0,
        "overrun": 0,
        "unenforced": 0,
        "highest_limit": 0,
        **counts,
    }
    return Meter(
        id_,
        key.subject_type,
        key.subject_id,
        key.task,
        key.model_class,
        key.dimension,
        key.window,
        NOW + timedelta(hours=12),
        **values,
    )


def work_with(*meters: Meter, keys: tuple[MeterKey, ...] = (KEY,)) -> UnitOfWork:
    """A unit of work with these locked meters and no reservation."""
    rows = meters or (meter(),)
    return UnitOfWork(
        now=NOW,
        are_meters_locked=True,
        meters={row.id: row for row in rows},
        open_meters={key: row.id for key, row in zip(keys, rows, strict=True)},
    )


def hold(state: ReservationState, **facts: object) -> HoldRow:
    """Alder's hold of ten tokens; its lease ran out an hour ago where `facts` do not say otherwise."""
    values: dict[str, object] = {
        "tenant_id": ALDER,
        "version": 1,
        "provisional": False,
        "lease_expires_at": NOW - timedelta(hours=1),
        "body_digest": command_digest(reserve()),
        "end_digest": None,
        "meter_ids": [METER_ID],
        "amounts": [10],
        "unenforced": [0],
        "flags": [0],
        "bound": Amounts(output_tokens=10),
    }
    return HoldRow(
        id=ID,
        state=state,
        provider_name="sandbox",
        **{**values, **facts},  # type: ignore[arg-type]
    )


def entry(kind: EntryKind, charge: int, *, number: int = 0, lines: list[int] | None = None) -> Entry:
    """A past entry of the hold: output tokens; as `adjustment` makes them where it is a correction."""
    meter_ids = [METER_ID] if lines is None else lines
    is_correction = kind is EntryKind.ADJUST
    totals = Amounts(requests=0 if is_correction else 1, output_tokens=charge)
    reason = "by hand" if is_correction else None
    charges = [charge] * len(meter_ids)
    return Entry(derived_id(ID, number), ID, ALDER, kind, meter_ids, charges, totals, reason)
