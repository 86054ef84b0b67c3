"""Extend a hold: a longer lease, and with lines larger amounts."""

from metering.amounts import values_of
from metering.ledger.commands import Extend, HoldLine, MeterKey
from metering.ledger.engine.ended import ENDED_REASON, lease_is_over
from metering.ledger.engine.reserve import Share, balances, deny, in_windows, shares_of, take
from metering.ledger.records import LARGEST_SUM, HoldRow, Meter
from metering.ledger.results import Granted, Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import ReservationState

HELD = ReservationState.HELD


def apply_extend(command: Extend, work: UnitOfWork) -> Result:
    """Renew the lease; with lines, hold more on the reservation's meters or on further ones."""
    reservation_id = command.reservation_id
    hold = work.holds.get(reservation_id)
    if hold is None:
        return Refused(reservation_id=reservation_id, reason=Reason.NOT_FOUND, state=None)
    if hold.state != HELD:
        return Refused(reservation_id=reservation_id, reason=ENDED_REASON[hold.state], state=hold.state)
    if lease_is_over(hold, work):
        return Refused(reservation_id=reservation_id, reason=Reason.LEASE_EXPIRED, state=HELD)
    if not command.lines:
        hold.lease_s = command.lease_s
        work.updated.append(hold)
        return Granted(reservation_id=reservation_id)
    if command.sequence < hold.version:
        return Granted(reservation_id=reservation_id, replayed=True)
    if command.sequence > hold.version:
        return Refused(reservation_id=reservation_id, reason=Reason.OUT_OF_SEQUENCE, state=HELD)
    if any(line.meter.tenant_id not in (hold.tenant_id, None) for line in command.lines):
        return Refused(reservation_id=reservation_id, reason=Reason.WRONG_TENANT, state=HELD)
    bound = hold.bound + command.bound
    if max(values_of(bound)) > LARGEST_SUM:
        return Refused(reservation_id=reservation_id, reason=Reason.OUT_OF_RANGE, state=HELD)
    meters = [_meter_for(line, hold, work) for line in command.lines]
    lines = in_windows(command.lines, meters)
    shares = shares_of(lines, meters)
    refusal = deny(reservation_id, lines, meters, shares, HELD, work)
    if refusal is not None:
        return refusal
    for share in shares:
        _enlarge(hold, share)
    hold.version += 1
    hold.lease_s = command.lease_s
    hold.bound = bound
    work.updated.append(hold)
    work.changed_meters.update(meter.id for meter in meters)
    return Granted(reservation_id=reservation_id, balances=balances(lines, meters))


def _meter_for(line: HoldLine, hold: HoldRow, work: UnitOfWork) -> Meter:
    """Return the meter that the reservation already holds on, also when its window has passed; else the current one."""
    for meter_id in hold.meter_ids:
        meter = work.meters[meter_id]
        if _counts_the_same(meter, line.meter):
            return meter
    return work.meters[work.open_meters[line.meter]]


def _counts_the_same(meter: Meter, key: MeterKey) -> bool:
    return (
        meter.subject_id == key.subject_id
        and meter.dimension == key.dimension
        and meter.subject_type == key.subject_type
        and (meter.window, meter.task, meter.model_class) == (key.window, key.task, key.model_class)
    )


def _enlarge(hold: HoldRow, share: Share) -> None:
    past = take(share)
    meter_id = share.meter.id
    if meter_id in hold.meter_ids:
        place = hold.meter_ids.index(meter_id)
        hold.amounts[place] += share.amount
        hold.unenforced[place] += past
    else:
        hold.meter_ids.append(meter_id)
        hold.amounts.append(share.amount)
        hold.unenforced.append(past)
        hold.flags.append(share.flags)
