"""One limit with what is used of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from metering.money import usd_text
from metering.types import Dimension
from metering.usage.limits import Limit
from metering.usage.open_meters import LimitOnMeter


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """One meter against its limit. Amounts are in the ledger's units: nano-USD for cost."""

    limit: Limit
    key: LimitOnMeter
    tenant_slug: str | None
    """None where tenants share the meter."""
    used: int = 0
    held: int = 0
    overrun: int = 0
    unenforced: int = 0
    uncovered: int = 0
    override: int = 0
    """How much of the limit's amount comes from overrides, which is not the budget's own."""
    window_start: datetime | None = None
    """None where the window never ends."""
    reset_at: datetime | None

    @property
    def base(self) -> int:
        """The limit without its overrides."""
        return self.limit.amount - self.override

    @property
    def percent(self) -> float:
        """Of the limit: what is used; of concurrency, what is held. Of a limit of zero: 100."""
        taken = self.held if self.limit.dimension is Dimension.CONCURRENCY else self.used
        return taken * 1_000 // self.limit.amount / 10 if self.limit.amount else 100.0

    @property
    def remaining(self) -> int:
        """What a call may still hold."""
        return max(0, self.limit.amount - self.used - self.held)

    def as_json(self) -> dict[str, object]:
        """With cost as decimal US dollars."""
        limit, amount = self.limit, amount_as_json(self.limit.dimension)
        return {
            "budget": str(limit.id),
            "scope": limit.scope.value,
            "scope_id": limit.shown_scope_id,
            "task": limit.task,
            "model_class": limit.model_class,
            "dimension": limit.dimension.value,
            "unit": limit.dimension.unit,
            "window": limit.window.value,
            "hard": limit.hard,
            "tenant": self.tenant_slug,
            "subject_type": self.key.subject_type,
            "subject_id": self.key.subject_id,
            "limit": amount(limit.amount),
            "override": amount(self.override),
            "set_by": str(limit.set_by),
            "used": amount(self.used),
            "held": amount(self.held),
            "remaining": amount(self.remaining),
            "percent": self.percent,
            "overrun": amount(self.overrun),
            "unenforced": amount(self.unenforced),
            "uncovered": amount(self.uncovered),
            "reset_at": self.reset_at,
        }


def amount_as_json(dimension: Dimension) -> Callable[[int], str | int]:
    """How an amount is written in JSON: cost as decimal US dollars."""
    return usd_text if dimension is Dimension.COST else int
