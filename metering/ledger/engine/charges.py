"""What attempts cost a meter, and what an expired hold is charged until the truth is known."""

from metering.ledger.books import Books
from metering.ledger.commands import Attempt
from metering.ledger.records import LARGEST_SUM, RELEASE_ON_EXPIRY, Hold, Meter, Totals
from metering.ledger.use import is_use, spent
from metering.types import Dimension


def provisional_charges(hold: Hold, books: Books) -> list[int]:
    """What an expired hold is charged until the truth is known: all of it, where the budget does not say release."""
    return [
        0
        if flags & RELEASE_ON_EXPIRY or books.kind_of(meter_id).dimension == Dimension.CONCURRENCY
        else amount
        for meter_id, amount, flags in zip(hold.meter_ids, hold.amounts, hold.flags, strict=True)
    ]


def totals_of(attempts: tuple[Attempt, ...]) -> Totals:
    """The sum of the attempts. However many there are, they are one request, or none if none of them is use."""
    if len(attempts) == 1:
        only = attempts[0]
        return Totals(
            1 if is_use(only) else 0,
            only.input_tokens,
            only.output_tokens,
            only.cost_nano_usd,
            only.api_calls,
            only.files,
            only.steps,
        )
    return Totals(
        requests=1 if spent(attempts) else 0,
        input_tokens=sum(item.input_tokens for item in attempts),
        output_tokens=sum(item.output_tokens for item in attempts),
        cost_nano_usd=sum(item.cost_nano_usd for item in attempts),
        api_calls=sum(item.api_calls for item in attempts),
        files=sum(item.files for item in attempts),
        steps=sum(item.steps for item in attempts),
    )


def charge_of(meter: Meter, totals: Totals, attempts: tuple[Attempt, ...]) -> int:
    """What the attempts cost this meter: a provider's meter counts only that provider's."""
    if meter.subject_type == "provider":
        totals = totals_of(tuple(item for item in attempts if item.provider_name == meter.subject_id))
    return totals.of(meter.dimension)


def has_room_for(meter: Meter, excess: int) -> bool:
    """Whether bigint can count this much beyond the hold, and what others hold may still be charged after it:
    an expiry, which never goes beyond its hold, can therefore never be refused."""
    return meter.used + meter.held + excess <= LARGEST_SUM and meter.overrun + excess <= LARGEST_SUM
