"""Reserve: hold amounts on meters, all or nothing.

1. Answer a command that was carried out before as it was answered then, or say why it cannot be.
2. Refuse it where another reservation has its idempotency key.
3. Deny it, and hold nothing, where an enforced limit has no room.
4. Hold every amount, and note the new reservation.
"""

from metering.ledger.commands import Reserve
from metering.ledger.digests import command_digest
from metering.ledger.engine.ended import ENDED_REASON, is_tombstone, lease_is_over
from metering.ledger.engine.lines import balances, deny, shares_of, take
from metering.ledger.records import HoldRow
from metering.ledger.results import Granted, Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import ReservationState

HELD = ReservationState.HELD


def apply_reserve(command: Reserve, work: UnitOfWork) -> Result:
    """Hold every line or none. The same command again is answered as before while the hold lives."""
    reservation_id = command.reservation_id
    digest = command_digest(command)
    existing = work.holds.get(reservation_id)
    if existing is not None:
        return _again(command, digest, existing, work)
    if command.idempotency_key is not None:
        twin = work.keys.get((command.tenant_id, command.idempotency_key))
        # A release earlier in this batch has freed the key.
        if twin is not None and twin.idempotency_key is not None:
            return _key_taken(command, twin)
    meters = [work.meters[work.open_meters[line.meter]] for line in command.lines]
    shares = shares_of(command.lines, meters)
    refusal = deny(reservation_id, command.lines, meters, shares, None, work)
    if refusal is not None:
        return refusal
    unenforced = [take(share) for share in shares]
    hold = HoldRow(
        id=reservation_id,
        tenant_id=command.tenant_id,
        state=HELD,
        version=1,
        provisional=False,
        lease_expires_at=None,
        body_digest=digest,
        end_digest=None,
        meter_ids=[share.meter.id for share in shares],
        amounts=[share.amount for share in shares],
        unenforced=unenforced,
        flags=[share.flags for share in shares],
        bound=command.bound,
        provider_name=command.labels.provider_name,
        labels=command.labels,
        lease_s=command.lease_s,
        idempotency_key=command.idempotency_key,
        idempotency_digest=command.idempotency_digest,
    )
    work.holds[reservation_id] = hold
    work.inserted.append(hold)
    work.changed_meters.update(hold.meter_ids)
    if command.idempotency_key is not None:
        work.keys[command.tenant_id, command.idempotency_key] = hold
    return Granted(reservation_id=reservation_id, balances=balances(command.lines, meters))


def _again(command: Reserve, digest: int, hold: HoldRow, work: UnitOfWork) -> Result:
    reason: Reason | None = None
    if hold.tenant_id != command.tenant_id:
        reason = Reason.WRONG_TENANT
    elif is_tombstone(hold):
        reason = Reason.CANCELLED
    elif hold.body_digest != digest:
        reason = Reason.OTHER_BODY
    elif hold.state != HELD:
        reason = ENDED_REASON[hold.state]
    elif lease_is_over(hold, work):
        reason = Reason.LEASE_EXPIRED
    if reason is not None:
        return Refused(reservation_id=command.reservation_id, reason=reason, state=hold.state)
    return Granted(reservation_id=command.reservation_id, replayed=True)


def _key_taken(command: Reserve, twin: HoldRow) -> Refused:
    if twin.idempotency_digest != command.idempotency_digest:
        reason = Reason.KEY_OTHER_BODY
    elif twin.state == HELD:
        reason = Reason.KEY_IN_PROGRESS
    else:
        reason = Reason.KEY_ENDED
    return Refused(reservation_id=command.reservation_id, reason=reason, state=twin.state, other_id=twin.id)
