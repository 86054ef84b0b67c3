"""Reserve: hold amounts on meters, all or nothing.

1. Answer a command that was carried out before as it was answered then, or say why it cannot be.
2. Refuse it where another reservation has its idempotency key.
3. Deny it, and hold nothing, where an enforced limit has no room. Each line brings one limit, which overrides may
   raise in the window of its meter. Lines on the same meter bring several, of which each must have room, and hold one
   amount.
4. Hold every amount, and note the new reservation.

A call that was let in while the ledger was away (ReserveLate) is denied nothing. What goes past an enforced limit is
counted as uncovered then, on a meter without one as unenforced.

Invariant: used + held <= highest_limit + overrun + unenforced + uncovered on every meter, whatever is admitted."""

from functools import lru_cache
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from metering.ids import command_digest, digest64
from metering.ledger.commands import HoldLine, Reserve, ReserveLate
from metering.ledger.engine.alert import note_denial, watch
from metering.ledger.engine.ended import ENDED_REASON, is_tombstone, lease_is_over
from metering.ledger.records import LARGEST_SUM, RELEASE_ON_EXPIRY, UNCOVERED, HoldRow, Meter
from metering.ledger.results import Denied, Granted, LineBalance, LineDenial, Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import ReservationState

HELD = ReservationState.HELD


class Share(Struct):
    """What a command's lines hold on one meter."""

    meter: Meter
    lines: list[HoldLine]
    amount: int
    limit: int
    """The highest of the lines' limits."""
    flags: int
    """RELEASE_ON_EXPIRY if every line says so."""
    watching: int
    """Fingerprint of what is to be told."""


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
    lines = in_windows(command.lines, meters)
    shares = shares_of(lines, meters)
    is_late = isinstance(command, ReserveLate)
    refusal = deny(reservation_id, lines, meters, shares, None, work, is_late=is_late)
    if refusal is not None:
        return refusal
    unenforced = [(take_late if is_late else take)(share) for share in shares]
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
    return Granted(reservation_id=reservation_id, balances=balances(lines, meters))


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


def in_windows(lines: tuple[HoldLine, ...], meters: list[Meter]) -> tuple[HoldLine, ...]:
    """Return the lines with the limits that they have in the windows of their meters. `meters` run along them."""
    for line in lines:
        if line.raises:
            return tuple(
                [
                    replace(each, limit=each.limit_in(meter.window_end), raises=()) if each.raises else each
                    for each, meter in zip(lines, meters, strict=True)
                ]
            )
    return lines


def shares_of(lines: tuple[HoldLine, ...], meters: list[Meter]) -> list[Share]:
    """Return the lines by meter. `meters` run along them."""
    found: dict[int, Share] = {}
    for line, meter in zip(lines, meters, strict=True):
        flags = RELEASE_ON_EXPIRY if line.release_on_expiry else 0
        watching = _fingerprint_of(line.budget_id, line.limit, line.thresholds) if line.thresholds else 0
        share = found.get(meter.id)
        if share is None:
            found[meter.id] = Share(meter, [line], line.amount, line.limit, flags, watching)
            continue
        share.lines.append(line)
        share.limit = max(share.limit, line.limit)
        share.flags &= flags
        share.watching ^= watching
    return list(found.values())


@lru_cache(maxsize=16_384)
def _fingerprint_of(budget_id: UUID, limit: int, thresholds: str) -> int:
    """Return the fingerprint of what is to be told of one limit.

    Those of the limits on a meter are combined by XOR, so their order makes no difference.
    """
    return digest64(f"{budget_id} {limit} {thresholds}".encode())


def deny(
    reservation_id: UUID,
    lines: tuple[HoldLine, ...],
    meters: list[Meter],
    shares: list[Share],
    state: ReservationState | None,
    work: UnitOfWork,
    *,
    is_late: bool = False,
) -> Result | None:
    """Look whether every line has room, and return the denial or refusal if one has not; None: all have.

    `is_late`: the call was made already, so that enforced lines deny nothing any more. Each denial is noted for alerts.
    """
    for share in shares:
        if share.watching != share.meter.watching:
            watch(share.lines, share.watching, share.meter, work)
    denials = []
    for place, (line, meter) in enumerate(zip(lines, meters, strict=True)):
        taken = meter.used + meter.held
        if line.amount <= line.limit - taken:
            continue
        if line.enforced and not is_late:
            denial = LineDenial(
                line=place,
                used=meter.used,
                held=meter.held,
                requested=line.amount,
                limit=line.limit,
                resets_at=meter.window_end,
            )
            denials.append(denial)
            note_denial(denial, line, meter, work)
        elif (
            taken + line.amount > LARGEST_SUM
            or meter.unenforced + meter.uncovered > LARGEST_SUM - line.amount
        ):
            return Refused(reservation_id=reservation_id, reason=Reason.OUT_OF_RANGE, state=state)
    return Denied(reservation_id=reservation_id, denials=tuple(denials)) if denials else None


def take(share: Share) -> int:
    """Hold the amount, and return how much of it goes past every limit that was brought."""
    meter, amount, limit = share.meter, share.amount, share.limit
    room = limit - meter.used - meter.held
    meter.held += amount
    if limit > meter.highest_limit:
        meter.highest_limit = limit
    if amount <= room:
        return 0
    past = amount - max(0, room)
    meter.unenforced += past
    return past


def take_late(share: Share) -> int:
    """As `take`, whatever the limits: what goes past the tightest enforced one is uncovered."""
    enforced = [line.limit for line in share.lines if line.enforced]
    if not enforced:
        return take(share)
    meter, amount = share.meter, share.amount
    room = min(enforced) - meter.used - meter.held
    past = max(0, amount - max(0, room))
    meter.held += amount
    meter.highest_limit = max(meter.highest_limit, share.limit)
    meter.uncovered += past
    share.flags |= UNCOVERED
    return past


def balances(lines: tuple[HoldLine, ...], meters: list[Meter]) -> tuple[LineBalance, ...]:
    return tuple(
        [
            LineBalance(meter_id=m.id, used=m.used, held=m.held, limit=line.limit, resets_at=m.window_end)
            for line, m in zip(lines, meters, strict=True)
        ]
    )
