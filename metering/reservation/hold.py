"""A committed hold, and the lines that hold a call's amounts."""

from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct

from metering.amounts import Amounts
from metering.labels import Labels
from metering.ledger.commands import HoldLine
from metering.ledger.results import LineBalance
from metering.policy.values import MeterLimit, MeterLimits
from metering.types import Dimension

PRICED = frozenset({Dimension.COST, Dimension.INPUT_TOKENS, Dimension.OUTPUT_TOKENS, Dimension.TOKENS})


class Hold(Struct, frozen=True, kw_only=True):
    """What the ledger granted to one call."""

    reservation_id: UUID
    tenant_id: UUID
    limits: MeterLimits
    """Every line that applies to the call, also those of dimensions that it does not use yet."""
    labels: Labels
    bound: Amounts
    lease_s: int
    held: tuple[MeterLimit, ...] = ()
    """The lines that were held, along `balances`."""
    balances: tuple[LineBalance, ...] = ()


def used_limits(limits: Iterable[MeterLimit], amounts: Amounts) -> list[MeterLimit]:
    """The lines whose dimension the call uses: a chat call takes no file budget along."""
    return [limit for limit in limits if amounts.of(limit.meter.dimension)]


def hold_lines(limits: Iterable[MeterLimit], amounts: Amounts) -> tuple[HoldLine, ...]:
    """The command's lines."""
    return tuple(
        [
            HoldLine(
                meter=limit.meter,
                amount=amounts.of(limit.meter.dimension),
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
