"""What attempts cost a meter, and what an expired hold is charged until the truth is known."""

from collections.abc import Callable
from operator import attrgetter

from metering.amounts import AMOUNT_OF, COLUMNS, Amounts
from metering.ledger.commands import Attempt
from metering.ledger.records import LARGEST_SUM, RELEASE_ON_EXPIRY, HoldRow, Meter
from metering.ledger.unit_of_work import UnitOfWork
from metering.ledger.use import is_use, spent
from metering.types import Dimension

CONCURRENCY = Dimension.CONCURRENCY
_counts_of: Callable[[Attempt], tuple[int, ...]] = attrgetter(*COLUMNS)


def provisional_charges(hold: HoldRow, work: UnitOfWork) -> list[int]:
    """Return what an expired hold is charged until the truth is known: all of it, unless the budget says release."""
    return [
        0 if flags & RELEASE_ON_EXPIRY or work.kind_of(meter_id).dimension is CONCURRENCY else amount
        for meter_id, amount, flags in zip(hold.meter_ids, hold.amounts, hold.flags, strict=True)
    ]


def used_in(attempts: tuple[Attempt, ...]) -> Amounts:
    """Return the sum of the attempts. They are one request together, or none if none of them is use."""
    if len(attempts) == 1:
        return Amounts(1 if is_use(attempts[0]) else 0, *_counts_of(attempts[0]))
    counts = map(sum, zip(*map(_counts_of, attempts), strict=True))
    return Amounts(1 if spent(attempts) else 0, *counts)


def charge_of(meter: Meter, used: Amounts, attempts: tuple[Attempt, ...]) -> int:
    """Return what the attempts cost this meter. A provider's meter counts only that provider's."""
    if meter.subject_type == "provider":
        used = used_in(tuple(item for item in attempts if item.provider_name == meter.subject_id))
    dimension = meter.dimension
    return 0 if dimension is CONCURRENCY else AMOUNT_OF[dimension](used)


def charge_on(meter: Meter, amounts: Amounts) -> int:
    """Return what amounts cost a meter of its dimension. Calls at once are never charged."""
    return 0 if meter.dimension is CONCURRENCY else amounts.of(meter.dimension)


def has_room_for(meter: Meter, excess: int) -> bool:
    """Return whether bigint can count this much beyond the hold, and after it all that others hold.

    So an expiry, which never goes beyond its hold, can never be refused.
    """
    return meter.used + meter.held + excess <= LARGEST_SUM and meter.overrun + excess <= LARGEST_SUM
