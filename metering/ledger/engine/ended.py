"""What is over: a hold that ended, a lease that ran out, a reservation that was cancelled before it came."""

from metering.amounts import NOTHING
from metering.ids import derived_id
from metering.labels import Labels
from metering.ledger.commands import Release
from metering.ledger.engine.finish import TERMINAL_ENTRY, write_entry
from metering.ledger.records import HoldRow
from metering.ledger.results import Ended, Reason, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import EntryKind, ReservationState

ENDED_REASON = {
    ReservationState.SETTLED: Reason.ALREADY_SETTLED,
    ReservationState.RELEASED: Reason.ALREADY_RELEASED,
    ReservationState.EXPIRED: Reason.ALREADY_EXPIRED,
}


def lease_is_over(hold: HoldRow, work: UnitOfWork) -> bool:
    return hold.lease_expires_at is not None and hold.lease_expires_at <= work.now


def is_tombstone(hold: HoldRow) -> bool:
    """Return whether this is a release that came before its reserve: no such hold was ever made."""
    return hold.state == ReservationState.RELEASED and hold.version == 0


def bury(command: Release, work: UnitOfWork) -> Result:
    """Leave a tombstone (version 0), so that the reserve that may still arrive is refused."""
    hold = HoldRow(
        id=command.reservation_id,
        tenant_id=command.tenant_id,
        state=ReservationState.RELEASED,
        version=0,
        provisional=False,
        lease_expires_at=None,
        body_digest=0,
        end_digest=None,
        meter_ids=[],
        amounts=[],
        unenforced=[],
        flags=[],
        bound=NOTHING,
        provider_name="",
        labels=Labels(request_id="", task=""),
        lease_s=0,
    )
    work.holds[hold.id] = hold
    work.inserted.append(hold)
    write_entry(
        derived_id(hold.id, TERMINAL_ENTRY),
        hold,
        EntryKind.RELEASE,
        [],
        NOTHING,
        work,
        command.reason or None,
    )
    return Ended(reservation_id=hold.id, state=ReservationState.RELEASED)
