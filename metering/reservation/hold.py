"""A committed hold, and the amounts that a bound means on each dimension."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from msgspec import Struct

from metering.ledger.commands import Bound, CallContext, HoldLine
from metering.ledger.results import LineBalance
from metering.policy.values import MeterLimit, MeterLimits
from metering.types import Dimension

PRICED = frozenset({Dimension.COST, Dimension.INPUT_TOKENS, Dimension.OUTPUT_TOKENS, Dimension.TOKENS})
Amounts = Mapping[Dimension, int]


class Hold(Struct, frozen=True, kw_only=True):
    """What the ledger granted to one call."""

    reservation_id: UUID
    tenant_id: UUID
    limits: MeterLimits
    """Every line that applies to the call, also those of dimensions that it does not use yet."""
    context: CallContext
    bound: Bound
    lease_s: int
    held: tuple[MeterLimit, ...] = ()
    """The lines that were held, along `balances`."""
    balances: tuple[LineBalance, ...] = ()


def amounts_of(bound: Bound, *, requests: int = 0, calls: int = 0) -> dict[Dimension, int]:
    """What the bound holds on a meter of each dimension."""
    return {
        Dimension.REQUESTS: requests,
        Dimension.CONCURRENCY: calls,
        Dimension.INPUT_TOKENS: bound.input_tokens,
        Dimension.OUTPUT_TOKENS: bound.output_tokens,
        Dimension.TOKENS: bound.input_tokens + bound.output_tokens,
        Dimension.COST: bound.cost_nano_usd,
        Dimension.API_CALLS: bound.api_calls,
        Dimension.FILES: bound.files,
        Dimension.STEPS: bound.steps,
    }


def used_limits(limits: Iterable[MeterLimit], amounts: Amounts) -> list[MeterLimit]:
    """The lines whose dimension the call uses: a chat call takes no file budget along."""
    return [limit for limit in limits if amounts[limit.meter.dimension]]


def hold_lines(limits: Iterable[MeterLimit], amounts: Amounts) -> tuple[HoldLine, ...]:
    """The command's lines."""
    return tuple(
        [
            HoldLine(
                meter=limit.meter,
                amount=amounts[limit.meter.dimension],
                limit=limit.limit,
                enforced=limit.enforced,
                release_on_expiry=limit.release_on_expiry,
                thresholds=limit.thresholds,
                budget_id=limit.budget_id,
                counts_since=limit.counts_since,
            )
            for limit in limits
        ]
    )


def has_hard_budget(limits: MeterLimits) -> bool:
    """Whether an enforced line counts what a vendor charges for, so that the call must have a bound."""
    return any(limit.enforced and limit.meter.dimension in PRICED for limit in limits)
