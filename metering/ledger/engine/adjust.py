"""Corrections: signed entries on a reservation that has ended. Nothing is edited."""

from metering.amounts import Amounts, total, values_of
from metering.ids import derived_id
from metering.ledger.commands import Adjust
from metering.ledger.engine.charges import charge_on, has_room_for
from metering.ledger.records import Entry, HoldRow
from metering.ledger.results import Ended, Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import EntryKind, ReservationState

FIRST_ADJUSTMENT = 1
"""An adjustment's entry is number FIRST_ADJUSTMENT + its own number, after the terminal entry and the true-up."""


def apply_adjust(command: Adjust, work: UnitOfWork) -> Result:
    """Add a signed correction to each meter of the reservation; never below what was charged in all."""
    hold = work.holds.get(command.reservation_id)
    if hold is None:
        return Refused(reservation_id=command.reservation_id, reason=Reason.NOT_FOUND, state=None)
    amounts = Amounts(*values_of(command))
    entry_id = derived_id(hold.id, FIRST_ADJUSTMENT + command.number)
    past = work.past_entries.get(hold.id, [])
    twin = next((entry for entry in past if entry.id == entry_id), None)
    if twin is not None:
        same = twin.amounts == amounts and twin.reason == command.reason
        return (
            Ended(reservation_id=hold.id, state=hold.state, replayed=True)
            if same
            else Refused(reservation_id=hold.id, reason=Reason.OTHER_BODY, state=hold.state)
        )
    charges = [_share(work, hold, meter_id, amounts) for meter_id in hold.meter_ids]
    reason = _objection(hold, past, charges, amounts, work)
    if reason is not None:
        return Refused(reservation_id=hold.id, reason=reason, state=hold.state)
    for meter_id, charge in zip(hold.meter_ids, charges, strict=True):
        meter = work.meters[meter_id]
        meter.used += charge
        meter.overrun += max(0, charge)
    work.changed_meters.update(hold.meter_ids)
    work.entries.append(
        Entry(
            entry_id,
            hold.id,
            hold.tenant_id,
            EntryKind.ADJUST,
            list(hold.meter_ids),
            charges,
            amounts,
            command.reason,
        )
    )
    return Ended(
        reservation_id=hold.id, state=hold.state, meter_ids=tuple(hold.meter_ids), charges=tuple(charges)
    )


def _share(work: UnitOfWork, hold: HoldRow, meter_id: int, amounts: Amounts) -> int:
    meter = work.meters[meter_id]
    if meter.subject_type == "provider" and meter.subject_id != hold.provider_name:
        return 0
    return charge_on(meter, amounts)


def _objection(
    hold: HoldRow, past: list[Entry], charges: list[int], amounts: Amounts, work: UnitOfWork
) -> Reason | None:
    if hold.state == ReservationState.HELD:
        return Reason.STILL_HELD
    if hold.provisional:
        return Reason.NOT_RESOLVED
    if hold.id in work.sealed:
        return Reason.PERIOD_SEALED
    if min(values_of(total((amounts, *[entry.amounts for entry in past])))) < 0:
        return Reason.BELOW_ZERO
    for place, meter_id in enumerate(hold.meter_ids):
        charged = sum(entry.charges[place] for entry in past)
        meter = work.meters[meter_id]
        if charged + charges[place] < 0:
            return Reason.BELOW_ZERO
        if charges[place] > 0 and not has_room_for(meter, charges[place]):
            return Reason.OUT_OF_RANGE
    return None
