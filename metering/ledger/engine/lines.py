"""Lines against meters: whether there is room for them, and holding their amounts.

Invariant: used + held <= highest_limit + overrun + unenforced (+ uncovered) on every meter, whatever is admitted.
"""

from uuid import UUID

from metering.ledger.books import Books
from metering.ledger.commands import HoldLine
from metering.ledger.engine.alert import note_denial, watch
from metering.ledger.records import LARGEST_SUM, Meter
from metering.ledger.results import Denied, LineBalance, LineDenial, Reason, Refused, Result
from metering.types import ReservationState


def deny(
    reservation_id: UUID,
    lines: tuple[HoldLine, ...],
    meters: list[Meter],
    state: ReservationState | None,
    books: Books,
) -> Result | None:
    denials = []
    for place, (line, meter) in enumerate(zip(lines, meters, strict=True)):
        if line.thresholds or meter.thresholds:
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


def take(line: HoldLine, meter: Meter) -> int:
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


def balances(lines: tuple[HoldLine, ...], meters: list[Meter]) -> tuple[LineBalance, ...]:
    return tuple(
        [
            LineBalance(meter_id=m.id, used=m.used, held=m.held, limit=line.limit, resets_at=m.window_end)
            for line, m in zip(lines, meters, strict=True)
        ]
    )
