"""Reserve and extend: holding amounts on meters, all or nothing.

Invariant: used + held <= highest_limit + overrun + unenforced (+ uncovered) on every meter, whatever is admitted.
"""

from uuid import UUID

from metering.ledger.books import RELEASE_ON_EXPIRY, Books, Hold, Meter
from metering.ledger.commands import Bound, Extend, HoldLine, Reserve
from metering.ledger.digests import command_digest
from metering.ledger.engine.alert import note_denial, watch
from metering.ledger.results import Denied, Granted, LineBalance, LineDenial, Reason, Refused, Result
from metering.types import ReservationState

LARGEST_SUM = 2**63 - 1
HELD = ReservationState.HELD
ENDED_REASON = {
    ReservationState.SETTLED: Reason.ALREADY_SETTLED,
    ReservationState.RELEASED: Reason.ALREADY_RELEASED,
    ReservationState.EXPIRED: Reason.ALREADY_EXPIRED,
}


def is_tombstone(hold: Hold) -> bool:
    """A release that came before its reserve: no such hold was ever made."""
    return hold.state == ReservationState.RELEASED and hold.version == 0


def reserve(command: Reserve, books: Books) -> Result:
    """Hold every line or none. The same command again is answered as before while the hold lives."""
    reservation_id = command.reservation_id
    digest = command_digest(command)
    existing = books.holds.get(reservation_id)
    if existing is not None:
        return _again(command, digest, existing, books)
    if command.idempotency_key is not None:
        twin = books.keys.get((command.tenant_id, command.idempotency_key))
        # A release earlier in this batch has freed the key.
        if twin is not None and twin.idempotency_key is not None:
            return _key_taken(command, twin)
    meters = [books.meters[books.open_meters[line.meter]] for line in command.lines]
    refusal = _deny(reservation_id, command.lines, meters, None, books)
    if refusal is not None:
        return refusal
    unenforced = [_take(line, meter) for line, meter in zip(command.lines, meters, strict=True)]
    hold = Hold(
        id=reservation_id,
        tenant_id=command.tenant_id,
        state=HELD,
        version=1,
        provisional=False,
        lease_expires_at=None,
        body_digest=digest,
        end_digest=None,
        meter_ids=[meter.id for meter in meters],
        amounts=[line.amount for line in command.lines],
        unenforced=unenforced,
        flags=[RELEASE_ON_EXPIRY if line.release_on_expiry else 0 for line in command.lines],
        bound=command.bound,
        provider_name=command.context.provider_name,
        context=command.context,
        lease_s=command.lease_s,
        idempotency_key=command.idempotency_key,
        idempotency_digest=command.idempotency_digest,
    )
    books.holds[reservation_id] = hold
    books.inserted.append(hold)
    books.changed_meters.update(hold.meter_ids)
    if command.idempotency_key is not None:
        books.keys[command.tenant_id, command.idempotency_key] = hold
    return Granted(reservation_id=reservation_id, balances=_balances(command.lines, meters))


def extend(command: Extend, books: Books) -> Result:
    """Renew the lease; with lines, hold more on the reservation's meters or on further ones."""
    reservation_id = command.reservation_id
    hold = books.holds.get(reservation_id)
    if hold is None:
        return Refused(reservation_id=reservation_id, reason=Reason.NOT_FOUND, state=None)
    if hold.state != HELD:
        return Refused(reservation_id=reservation_id, reason=ENDED_REASON[hold.state], state=hold.state)
    if _lease_is_over(hold, books):
        return Refused(reservation_id=reservation_id, reason=Reason.LEASE_EXPIRED, state=HELD)
    if not command.lines:
        hold.lease_s = command.lease_s
        books.updated.append(hold)
        return Granted(reservation_id=reservation_id)
    if command.sequence < hold.version:
        return Granted(reservation_id=reservation_id, replayed=True)
    if command.sequence > hold.version:
        return Refused(reservation_id=reservation_id, reason=Reason.OUT_OF_SEQUENCE, state=HELD)
    if any(line.meter.tenant_id not in (hold.tenant_id, None) for line in command.lines):
        return Refused(reservation_id=reservation_id, reason=Reason.WRONG_TENANT, state=HELD)
    bound = _sum_of(hold.bound, command.bound)
    if bound is None:
        return Refused(reservation_id=reservation_id, reason=Reason.OUT_OF_RANGE, state=HELD)
    meters = [_meter_for(line, hold, books) for line in command.lines]
    refusal = _deny(reservation_id, command.lines, meters, HELD, books)
    if refusal is not None:
        return refusal
    for line, meter in zip(command.lines, meters, strict=True):
        _enlarge(hold, line, meter)
    hold.version += 1
    hold.lease_s = command.lease_s
    hold.bound = bound
    books.updated.append(hold)
    books.changed_meters.update(meter.id for meter in meters)
    return Granted(reservation_id=reservation_id, balances=_balances(command.lines, meters))


def _again(command: Reserve, digest: int, hold: Hold, books: Books) -> Result:
    reason: Reason | None = None
    if hold.tenant_id != command.tenant_id:
        reason = Reason.WRONG_TENANT
    elif is_tombstone(hold):
        reason = Reason.CANCELLED
    elif hold.body_digest != digest:
        reason = Reason.OTHER_BODY
    elif hold.state != HELD:
        reason = ENDED_REASON[hold.state]
    elif _lease_is_over(hold, books):
        reason = Reason.LEASE_EXPIRED
    if reason is not None:
        return Refused(reservation_id=command.reservation_id, reason=reason, state=hold.state)
    return Granted(reservation_id=command.reservation_id, replayed=True)


def _key_taken(command: Reserve, twin: Hold) -> Refused:
    if twin.idempotency_digest != command.idempotency_digest:
        reason = Reason.KEY_OTHER_BODY
    elif twin.state == HELD:
        reason = Reason.KEY_IN_PROGRESS
    else:
        reason = Reason.KEY_ENDED
    return Refused(reservation_id=command.reservation_id, reason=reason, state=twin.state, other_id=twin.id)


def _deny(
    reservation_id: UUID,
    lines: tuple[HoldLine, ...],
    meters: list[Meter],
    state: ReservationState | None,
    books: Books,
) -> Result | None:
    denials = []
    for place, (line, meter) in enumerate(zip(lines, meters, strict=True)):
        if line.limit != meter.watched_limit or line.thresholds != meter.thresholds:
            watch(line, meter, books)
        taken = meter.used + meter.held
        if line.amount <= line.limit - taken:
            continue
        if line.enforced:
            denial = LineDenial(
                line=place,
                used=meter.used,
                held=meter.held,
                requested=line.amount,
                limit=line.limit,
                resets_at=meter.window_end,
            )
            denials.append(denial)
            note_denial(denial, meter, books)
        elif taken + line.amount > LARGEST_SUM or meter.unenforced + line.amount > LARGEST_SUM:
            return Refused(reservation_id=reservation_id, reason=Reason.OUT_OF_RANGE, state=state)
    return Denied(reservation_id=reservation_id, denials=tuple(denials)) if denials else None


def _take(line: HoldLine, meter: Meter) -> int:
    """Hold the line's amount; answer how much of it goes past the limit."""
    amount, limit = line.amount, line.limit
    room = limit - meter.used - meter.held
    meter.held += amount
    if limit > meter.highest_limit:
        meter.highest_limit = limit
    if amount <= room:
        return 0
    past = amount - max(0, room)
    meter.unenforced += past
    return past


def _meter_for(line: HoldLine, hold: Hold, books: Books) -> Meter:
    """The meter that the reservation already holds on, also when its window has passed; else the current one."""
    key = (str(line.meter.budget_id), line.meter.subject_type, line.meter.subject_id)
    for meter_id in hold.meter_ids:
        meter = books.meters[meter_id]
        if (meter.budget_id, meter.subject_type, meter.subject_id) == key:
            return meter
    return books.meters[books.open_meters[line.meter]]


def _enlarge(hold: Hold, line: HoldLine, meter: Meter) -> None:
    past = _take(line, meter)
    if meter.id in hold.meter_ids:
        place = hold.meter_ids.index(meter.id)
        hold.amounts[place] += line.amount
        hold.unenforced[place] += past
    else:
        hold.meter_ids.append(meter.id)
        hold.amounts.append(line.amount)
        hold.unenforced.append(past)
        hold.flags.append(RELEASE_ON_EXPIRY if line.release_on_expiry else 0)


def _lease_is_over(hold: Hold, books: Books) -> bool:
    return hold.lease_expires_at is not None and hold.lease_expires_at <= books.now


def _sum_of(first: Bound, second: Bound) -> Bound | None:
    """Both together; None where bigint cannot hold it."""
    sums = {name: getattr(first, name) + getattr(second, name) for name in Bound.__struct_fields__}
    return Bound(**sums) if max(sums.values()) <= LARGEST_SUM else None


def _balances(lines: tuple[HoldLine, ...], meters: list[Meter]) -> tuple[LineBalance, ...]:
    return tuple(
        [
            LineBalance(meter_id=m.id, used=m.used, held=m.held, limit=line.limit, resets_at=m.window_end)
            for line, m in zip(lines, meters, strict=True)
        ]
    )
