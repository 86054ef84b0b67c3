"""Settle, release and expire: how a hold ends, exactly once, and how an expired one is trued up.

What ends within its hold does not depend on any counter, so it is decided before the meters are locked
(ADR 7). What does depend on them raises MetersNeeded, before anything is changed, and is asked again.
"""

from metering.amounts import NOTHING, ONE_REQUEST
from metering.ids import command_digest, derived_id
from metering.ledger.commands import Expire, Release, Settle
from metering.ledger.engine.charges import charge_of, provisional_charges, used_in
from metering.ledger.engine.ended import ENDED_REASON, bury
from metering.ledger.engine.finish import end_hold, nothing_was_sent, true_up
from metering.ledger.records import AttemptRow, HoldRow, ProvisionalAttempt
from metering.ledger.results import Ended, Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.ledger.use import brought, is_use
from metering.types import EntryKind, Outcome, ReservationState

HELD, SETTLED = ReservationState.HELD, ReservationState.SETTLED
RELEASED, EXPIRED = ReservationState.RELEASED, ReservationState.EXPIRED
NOTHING_USED_DIGEST = 0
"""`end_digest` of an expired hold that was trued up by a release."""


def apply_settle(command: Settle, work: UnitOfWork) -> Result:
    """Charge what was really used: on a held reservation, or once on one that expired."""
    hold = work.holds.get(command.reservation_id)
    if hold is None:
        return Refused(reservation_id=command.reservation_id, reason=Reason.NOT_FOUND, state=None)
    digest = command_digest(command)
    if hold.end_digest == digest:
        return Ended(reservation_id=hold.id, state=hold.state, replayed=True)
    if hold.state != HELD and not hold.provisional:
        return Refused(reservation_id=hold.id, reason=ENDED_REASON[hold.state], state=hold.state)
    used = used_in(command.attempts)
    charges = [charge_of(work.kind_of(meter_id), used, command.attempts) for meter_id in hold.meter_ids]
    if hold.state == HELD:
        result = end_hold(hold, SETTLED, EntryKind.SETTLE, charges, used, work)
        if hold.idempotency_key is not None and isinstance(result, Ended) and not brought(command.attempts):
            hold.idempotency_key = None  # the caller may try again under the same key
    else:
        result = true_up(hold, charges, used, work)
        if not command.attempts and isinstance(result, Ended):
            nothing_was_sent(hold, work)
    if isinstance(result, Ended):
        hold.end_digest = digest
        rows = [AttemptRow(derived_id(hold.id, item.number), hold.id, item) for item in command.attempts]
        work.attempts.extend(rows)
        if any(row.attempt.provider_name != hold.provider_name for row in rows):
            _note_who_served(hold, rows, work)
    return result


def _note_who_served(hold: HoldRow, rows: list[AttemptRow], work: UnitOfWork) -> None:
    """Whatever is corrected later is about the vendor of the last LLM call that is use."""
    used = [row for row in rows if is_use(row.attempt) and not row.attempt.api_calls]
    work.moved[hold.id] = used[-1] if used else None
    if used:
        hold.provider_name = used[-1].attempt.provider_name


def apply_release(command: Release, work: UnitOfWork) -> Result:
    """End a hold that spent nothing; take a provisional charge back; leave a tombstone for an unknown id."""
    reservation_id = command.reservation_id
    hold = work.holds.get(reservation_id)
    if hold is None:
        return bury(command, work)
    if hold.tenant_id != command.tenant_id:
        return Refused(reservation_id=reservation_id, reason=Reason.WRONG_TENANT, state=hold.state)
    if hold.state == RELEASED or (hold.state == EXPIRED and hold.end_digest == NOTHING_USED_DIGEST):
        return Ended(reservation_id=reservation_id, state=hold.state, replayed=True)
    charges = [0] * len(hold.meter_ids)
    if hold.state == HELD:
        hold.idempotency_key = None
        return end_hold(
            hold, RELEASED, EntryKind.RELEASE, charges, NOTHING, work, reason=command.reason or None
        )
    if not hold.provisional:
        return Refused(reservation_id=reservation_id, reason=ENDED_REASON[hold.state], state=hold.state)
    result = true_up(hold, charges, NOTHING, work, reason=command.reason or None)
    if isinstance(result, Ended):
        hold.end_digest = NOTHING_USED_DIGEST
        nothing_was_sent(hold, work)
    return result


def apply_expire(command: Expire, work: UnitOfWork) -> Result:
    """Charge the hold provisionally once its lease has run out on the database's clock."""
    reservation_id = command.reservation_id
    hold = work.holds.get(reservation_id)
    if hold is None:
        return Refused(reservation_id=reservation_id, reason=Reason.NOT_FOUND, state=None)
    if hold.state == EXPIRED:
        return Ended(reservation_id=reservation_id, state=EXPIRED, replayed=True)
    if hold.state != HELD:
        return Refused(reservation_id=reservation_id, reason=ENDED_REASON[hold.state], state=hold.state)
    if hold.lease_expires_at is None or hold.lease_expires_at > work.now:
        return Refused(reservation_id=reservation_id, reason=Reason.LEASE_RUNNING, state=HELD)
    charges = provisional_charges(hold, work)
    result = end_hold(hold, EXPIRED, EntryKind.EXPIRE, charges, hold.bound + ONE_REQUEST, work)
    hold.provisional = True
    first_attempt = derived_id(hold.id, 1)
    work.provisional_attempts.append(
        ProvisionalAttempt(first_attempt, hold.id, Outcome.PROVISIONAL, charged=True)
    )
    return result
