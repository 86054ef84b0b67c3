"""How a hold ends, and how an expired one is trued up.

1. Refuse it where bigint could not count what it charges beyond its hold.
2. On each meter, charge what was used and give back what was held; first what was held past a limit.
3. Note the reservation as changed, and write one entry with the charges and the amounts.
"""

from uuid import UUID

from metering.amounts import ONE_REQUEST, Amounts
from metering.ids import derived_id
from metering.ledger.engine.charges import has_room_for, provisional_charges
from metering.ledger.records import UNCOVERED, Entry, HoldRow, ProvisionalAttempt
from metering.ledger.results import Ended, Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import EntryKind, Outcome, ReservationState

TERMINAL_ENTRY, TRUE_UP_ENTRY = 0, 1
"""Numbers of a reservation's entries."""
NOTHING_BACK = 0, 0


def end_hold(
    hold: HoldRow,
    state: ReservationState,
    kind: EntryKind,
    charges: list[int],
    amounts: Amounts,
    work: UnitOfWork,
    *,
    reason: str | None = None,
) -> Result:
    lines = list(zip(hold.meter_ids, charges, hold.amounts, strict=True))
    for meter_id, charge, amount in lines:
        if charge > amount and not has_room_for(work.counters_of(meter_id), charge - amount):
            return Refused(reservation_id=hold.id, reason=Reason.OUT_OF_RANGE, state=hold.state)
    for place, (meter_id, charge, amount) in enumerate(lines):
        back = _give_back(hold, place, amount - charge) if hold.unenforced[place] else NOTHING_BACK
        work.post(meter_id, charge, -amount, charge - amount if charge > amount else 0, *back)
    hold.state = state
    work.updated.append(hold)
    write_entry(derived_id(hold.id, TERMINAL_ENTRY), hold, kind, charges, amounts, work, reason)
    return Ended(reservation_id=hold.id, state=state, meter_ids=tuple(hold.meter_ids), charges=tuple(charges))


def true_up(
    hold: HoldRow, charges: list[int], amounts: Amounts, work: UnitOfWork, *, reason: str | None = None
) -> Result:
    """Replace the provisional charge by the truth, as one signed entry; what is charged on top is overrun."""
    if hold.id in work.sealed:
        return Refused(reservation_id=hold.id, reason=Reason.PERIOD_SEALED, state=hold.state)
    before = provisional_charges(hold, work)
    changes = [charge - charged for charge, charged in zip(charges, before, strict=True)]
    for meter_id, change in zip(hold.meter_ids, changes, strict=True):
        if change > 0 and not has_room_for(work.counters_of(meter_id), change):
            return Refused(reservation_id=hold.id, reason=Reason.OUT_OF_RANGE, state=hold.state)
    for place, (meter_id, change) in enumerate(zip(hold.meter_ids, changes, strict=True)):
        back = _give_back(hold, place, -change)
        work.post(meter_id, change, 0, max(0, change), *back)
    hold.provisional = False
    work.updated.append(hold)
    difference = amounts - hold.bound - ONE_REQUEST
    write_entry(
        derived_id(hold.id, TRUE_UP_ENTRY), hold, EntryKind.TRUE_UP, changes, difference, work, reason
    )
    return Ended(
        reservation_id=hold.id,
        state=ReservationState.EXPIRED,
        meter_ids=tuple(hold.meter_ids),
        charges=tuple(changes),
    )


def _give_back(hold: HoldRow, place: int, slack: int) -> tuple[int, int]:
    """Take back what had gone past the limit, as far as it was held and not used. Return by how much that changes the
    meter's `unenforced` and `uncovered`.
    """
    back = min(hold.unenforced[place], max(0, slack))
    hold.unenforced[place] -= back
    return (0, -back) if hold.flags[place] & UNCOVERED else (-back, 0)


def write_entry(
    entry_id: UUID,
    hold: HoldRow,
    kind: EntryKind,
    charges: list[int],
    amounts: Amounts,
    work: UnitOfWork,
    reason: str | None,
) -> None:
    work.entries.append(
        Entry(entry_id, hold.id, hold.tenant_id, kind, list(hold.meter_ids), charges, amounts, reason)
    )


def nothing_was_sent(hold: HoldRow, work: UnitOfWork) -> None:
    work.provisional_attempts.append(
        ProvisionalAttempt(derived_id(hold.id, 1), hold.id, Outcome.CANCELLED, charged=False)
    )
