"""What a spool's records say of each call, and the commands that tell the ledger the same."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from metering.amounts import AMOUNT_OF, Amounts
from metering.ids import time_ms_of
from metering.ledger.commands import (
    Attempt,
    Command,
    HoldLine,
    Release,
    Reserve,
    ReserveLate,
    Settle,
)
from metering.ledger.engine.charges import used_in
from metering.ledger.spool.records import Begun, Booked, Enlarged, Record, Released, Renamed, Settled
from metering.types import Dimension

ORPHANS_LEASE_S = 1
"""A call that began and whose end nobody wrote is the sweeper's at once: it charges what was held, provisionally."""


class SpooledCall(Struct, kw_only=True):
    """One call, as far as the ledger has to be told of it."""

    reservation_id: UUID
    reserve: Reserve | None = None
    """Enlargements included. None: the ledger knows that the call began."""
    end: Settle | Release | None = None
    """None: it runs still, or nobody knows how it ended."""
    booked_as: UUID | None = None
    """Under which id it is booked, if not its own."""

    @property
    def began_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time_ms_of(self.reservation_id)

    @property
    def unseen_nano_usd(self) -> int:
        """What it has spent, or may spend while it runs, that no budget has seen. Nothing where the ledger holds it."""
        if self.reserve is None:
            return 0
        if self.end is None:
            return self.reserve.bound.cost_nano_usd
        return sum([each.cost_nano_usd for each in self.end.attempts]) if isinstance(self.end, Settle) else 0

    def add(self, record: Record) -> None:
        """Take what one more record says. A later end than the first one is not taken."""
        match record:
            case Begun():
                self.reserve = self.reserve or record.reserve
            case Enlarged() if self.reserve is not None:
                self.reserve = enlarged(self.reserve, record.extend.lines, record.extend.bound)
            case Settled():
                self.end = self.end or record.settle
            case Released():
                self.end = self.end or record.release
            case Renamed():
                self.booked_as = record.booked_as

    def commands(self) -> Iterator[Command]:
        """What to tell the ledger, in this order; the same whenever it is asked for again.

        1. A call that it knows, or that sent nothing: its end. Of the latter it may know too: its reserve was perhaps
           carried out and not answered.
        2. One that it does not know: that it holds what it used, whatever the limits say, and then its end. One whose
           end is not known holds all that it may have used, until the sweeper charges that.
        """
        if self.reserve is None or isinstance(self.end, Release):
            if self.end is not None:
                yield self.end
            return
        if self.end is None:
            yield self._late(replace(self.reserve, lease_s=ORPHANS_LEASE_S))
            return
        lines = tuple([_used(line, self.end.attempts) for line in self.reserve.lines])
        yield self._late(replace(self.reserve, lines=lines))
        yield replace(self.end, reservation_id=self.booked_as) if self.booked_as else self.end

    def _late(self, reserve: Reserve) -> ReserveLate:
        if self.booked_as is not None:
            reserve = replace(reserve, reservation_id=self.booked_as)
        return ReserveLate(**{name: getattr(reserve, name) for name in Reserve.__struct_fields__})


def id_of(record: Record) -> UUID:
    """The reservation that a record is about."""
    match record:
        case Begun():
            return record.reserve.reservation_id
        case Enlarged():
            return record.extend.reservation_id
        case Settled():
            return record.settle.reservation_id
        case Released():
            return record.release.reservation_id
        case Booked() | Renamed():
            return record.reservation_id


def calls_of(records: Iterable[Record]) -> dict[UUID, SpooledCall]:
    """The calls of which the ledger has still to be told, by reservation."""
    calls: dict[UUID, SpooledCall] = {}
    for record in records:
        reservation_id = id_of(record)
        if isinstance(record, Booked):
            calls.pop(reservation_id, None)
            continue
        call = calls.get(reservation_id)
        if call is None:
            call = calls[reservation_id] = SpooledCall(reservation_id=reservation_id)
        call.add(record)
    return calls


def enlarged(reserve: Reserve, lines: Sequence[HoldLine], bound: Amounts) -> Reserve:
    """The reserve that holds so much more."""
    held = {(line.meter, line.budget_id): line for line in reserve.lines}
    for line in lines:
        key = line.meter, line.budget_id
        known = held.get(key)
        held[key] = line if known is None else replace(known, amount=known.amount + line.amount)
    return replace(reserve, lines=tuple(held.values()), bound=reserve.bound + bound)


def _used(line: HoldLine, attempts: tuple[Attempt, ...]) -> HoldLine:
    """The line with what the call really used of its meter, at most what it was to hold: what is beyond that is
    overrun, as of any other call. So no hold stands beside another that it would not need.
    """
    meter = line.meter
    if meter.dimension is Dimension.CONCURRENCY:
        return replace(line, amount=0)
    if meter.subject_type == "provider":
        attempts = tuple([each for each in attempts if each.provider_name == meter.subject_id])
    used = AMOUNT_OF[meter.dimension](used_in(attempts)) if attempts else 0
    return replace(line, amount=min(line.amount, used))
