"""Every limit with its use and where it will stand at its reset: what the console, the API and the overview show."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from metering.models import Tenant
from metering.overview.reach import Reach
from metering.rollups.rhythm import EVERYBODY, rhythms
from metering.types import Dimension
from metering.usage.budget_status import budget_status
from metering.usage.forecast import Forecast, Rhythm, forecast
from metering.usage.status import BudgetStatus, amount_as_json

MOST = 5_000
"""That are looked at at once."""
MOST_TOLD = 200
"""Of them, of one limit on agents, tags or conversations: there is no end of those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    """One limit on one meter, with a forecast of its use."""

    status: BudgetStatus
    forecast: Forecast | None
    """None where nothing can be said."""

    @property
    def taken(self) -> int:
        """What counts against the limit: used; of calls at once, held."""
        return self.status.held if self.status.limit.dimension is Dimension.CONCURRENCY else self.status.used

    @property
    def will_be_used_up(self) -> bool:
        return self.forecast is not None and self.forecast.used_up_at is not None

    def as_json(self) -> dict[str, object]:
        """The status with the forecast, in the same unit."""
        amount = amount_as_json(self.status.limit.dimension)
        return {
            **self.status.as_json(),
            "forecast": None if self.forecast is None else amount(self.forecast.at_reset),
            "used_up_at": None if self.forecast is None else self.forecast.used_up_at,
        }


def budget_lines(reach: Reach, *, now: datetime) -> list[BudgetLine]:
    """Nearest its limit first; at most MOST of them, and MOST_TOLD of one limit on what calls tell."""
    statuses = budget_status(
        now=now,
        tenant=reach.tenant,
        with_shared=reach.sees_shared,
        of=reach.subjects,
        most_told=MOST_TOLD,
    )
    lines = with_forecasts(list(islice(statuses, MOST)), reach.tenant, now=now)
    return sorted(lines, key=nearness, reverse=True)


def with_forecasts(statuses: list[BudgetStatus], tenant: Tenant | None, *, now: datetime) -> list[BudgetLine]:
    """Add a forecast to each status, in their order."""
    tenants = [tenant] if tenant is not None else list(Tenant.objects.only("pk", "slug"))
    by_id = rhythms([row.pk for row in tenants], now)
    slugs = {row.slug: row.pk for row in tenants}

    def rhythm(status: BudgetStatus) -> Rhythm:
        return by_id.get(slugs.get(status.tenant_slug or ""), by_id[EVERYBODY])

    return [
        BudgetLine(status=status, forecast=forecast(status, now=now, rhythm=rhythm(status)))
        for status in statuses
    ]


def nearness(line: BudgetLine) -> tuple[float, float]:
    """Return what sorts lines by how near they are to their limits: the share used, then the forecast share."""
    limit = line.status.limit.amount
    foreseen = line.forecast.at_reset / limit if line.forecast is not None and limit else 0.0
    return (line.taken / limit if limit else 1.0, foreseen)
