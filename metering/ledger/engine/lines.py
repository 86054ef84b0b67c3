"""Lines against meters: whether there is room for them, and holding their amounts.

Each line brings one limit. Lines on the same meter bring several, of which each must have room, and hold one amount.

Invariant: used + held <= highest_limit + overrun + unenforced (+ uncovered) on every meter, whatever is admitted.
"""

from uuid import UUID

from msgspec import Struct

from metering.ledger.commands import HoldLine
from metering.ledger.engine.alert import fingerprint_of, note_denial, watch
from metering.ledger.records import LARGEST_SUM, RELEASE_ON_EXPIRY, Meter
from metering.ledger.results import Denied, LineBalance, LineDenial, Reason, Refused, Result
from metering.ledger.unit_of_work import UnitOfWork
from metering.types import ReservationState


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


def shares_of(lines: tuple[HoldLine, ...], meters: list[Meter]) -> list[Share]:
    """Return the lines by meter. `meters` run along them."""
    found: dict[int, Share] = {}
    for line, meter in zip(lines, meters, strict=True):
        flags = RELEASE_ON_EXPIRY if line.release_on_expiry else 0
        watching = fingerprint_of(line) if line.thresholds else 0
        share = found.get(meter.id)
        if share is None:
            found[meter.id] = Share(meter, [line], line.amount, line.limit, flags, watching)
            continue
        share.lines.append(line)
        share.limit = max(share.limit, line.limit)
        share.flags &= flags
        share.watching ^= watching
    return list(found.values())


def deny(
    reservation_id: UUID,
    lines: tuple[HoldLine, ...],
    meters: list[Meter],
    shares: list[Share],
    state: ReservationState | None,
    work: UnitOfWork,
) -> Result | None:
    for share in shares:
        if share.watching != share.meter.watching:
            watch(share.lines, share.watching, share.meter, work)
    denials = []
    for place, (line, meter) in enumerate(zip(lines, meters, strict=True)):
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
            note_denial(denial, line, meter, work)
        elif taken + line.amount > LARGEST_SUM or meter.unenforced + line.amount > LARGEST_SUM:
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


def balances(lines: tuple[HoldLine, ...], meters: list[Meter]) -> tuple[LineBalance, ...]:
    return tuple(
        [
            LineBalance(meter_id=m.id, used=m.used, held=m.held, limit=line.limit, resets_at=m.window_end)
            for line, m in zip(lines, meters, strict=True)
        ]
    )
