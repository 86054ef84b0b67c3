"""A committed hold, and the lines that hold a call's amounts."""

from collections.abc import Iterable
from uuid import UUID

from msgspec import Struct

from metering.amounts import Amounts
from metering.labels import Labels
from metering.ledger.commands import HoldLine
from metering.ledger.results import LineBalance
from metering.policy.values import Lines, LineTemplate
from metering.types import Dimension

PRICED = frozenset({Dimension.COST, Dimension.INPUT_TOKENS, Dimension.OUTPUT_TOKENS, Dimension.TOKENS})


class Hold(Struct, frozen=True, kw_only=True):
    """What the ledger granted to one call."""

    reservation_id: UUID
    tenant_id: UUID
    templates: Lines
    """Every line that applies to the call, also those of dimensions that it does not use yet."""
    labels: Labels
    bound: Amounts
    lease_s: int
    held: tuple[LineTemplate, ...] = ()
    """The lines that were held, along `balances`."""
    balances: tuple[LineBalance, ...] = ()


def used_lines(templates: Iterable[LineTemplate], amounts: Amounts) -> list[LineTemplate]:
    """The lines whose dimension the call uses: a chat call takes no file budget along."""
    return [template for template in templates if amounts.of(template.meter.dimension)]


def hold_lines(templates: Iterable[LineTemplate], amounts: Amounts) -> tuple[HoldLine, ...]:
    """The command's lines."""
    return tuple(
        [
            HoldLine(
                meter=template.meter,
                amount=amounts.of(template.meter.dimension),
                limit=template.limit,
                enforced=template.enforced,
                release_on_expiry=template.release_on_expiry,
                thresholds=template.thresholds,
                budget_id=template.budget_id,
                counts_since=template.counts_since,
            )
            for template in templates
        ]
    )


def has_hard_budget(templates: Lines) -> bool:
    """Whether an enforced line counts what a vendor charges for, so that the call must have a bound."""
    return any(template.enforced and template.meter.dimension in PRICED for template in templates)
