"""Units of work made by hand, and commands on the one reservation and the one meter in them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import structs

from metering.amounts import Amounts
from metering.ids import command_digest, derived_id, uuid7
from metering.ledger.commands import Adjust, HoldLine, MeterKey, Reserve, ReserveLate, Settle
from metering.ledger.records import Entry, HoldRow, Meter
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import Dimension, EntryKind, ReservationState, Window
from tests.support import build

NOW = build.STARTED_AT
ID = uuid7(int(NOW.timestamp() * 1000))
METER_ID = 7
KEY = MeterKey(
    subject_type="tenant",
    subject_id=str(build.ALDER),
    tenant_id=build.ALDER,
    dimension=Dimension.TOKENS,
    window=Window.DAY,
)


def line(amount: int = 10, limit: int = 100, *, meter: MeterKey = KEY, **facts: Any) -> HoldLine:
    return build.line(meter, amount, limit, **facts)


def reserve(*lines: HoldLine, id_: UUID = ID, **facts: Any) -> Reserve:
    """Ten tokens of Alder's, unless lines say otherwise."""
    return build.reserve(*lines or (line(),), id_=id_, **facts)


def late(*lines: HoldLine, **facts: Any) -> ReserveLate:
    """The same, let in while the ledger was away."""
    return ReserveLate(**structs.asdict(reserve(*lines, **facts)))


def settle(output_tokens: int = 6, *, id_: UUID = ID) -> Settle:
    return build.settle(id_, output_tokens)


def adjustment(output_tokens: int = 3, *, number: int = 1) -> Adjust:
    return build.adjust(ID, output_tokens, number)


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
        "tenant_id": build.ALDER,
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
    return Entry(derived_id(ID, number), ID, build.ALDER, kind, meter_ids, charges, totals, reason)
