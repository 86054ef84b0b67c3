"""What an operator looks at before answering a request for quota: use, forecast, and what each answer would do."""

from datetime import datetime
from itertools import islice, takewhile

from metering.models import Budget, QuotaRequest, Tenant
from metering.overview.budgets import BudgetLine, nearness, with_forecasts
from metering.quota_requests.decide import counter_of_request
from metering.simulation.blast_radius import BlastRadius, blast_radius
from metering.simulation.change import override_change
from metering.usage.budget_status import budget_status
from metering.usage.open_meters import NOBODY, LimitOnMeter

MOST_COUNTERS = 1_000
"""That are looked at for the fullest, where a request is for everybody's."""


def line_of_request(row: QuotaRequest, *, now: datetime) -> BudgetLine | None:
    """The counter as it stands; of several the one nearest its limit, and None where none is open or the budget off."""
    return line_of_counter(row.tenant, row.budget, row.subject_id, now=now)


def line_of_counter(
    tenant: Tenant, budget: Budget, subject_id: str | None, *, now: datetime
) -> BudgetLine | None:
    """The status and forecast of a counter of a tenant; of several the one nearest its limit."""
    before = LimitOnMeter(budget.pk, budget.per, subject_id or "", NOBODY)
    statuses = budget_status(
        now=now,
        tenant=tenant,
        with_shared=False,
        after=before,
        where=lambda limit: limit.id == budget.pk,
    )
    asked = takewhile(lambda each: subject_id in (None, each.key.subject_id), statuses)
    found = list(islice(asked, MOST_COUNTERS))
    return max(with_forecasts(found, tenant, now=now), key=nearness, default=None)


def radius_of_request(row: QuotaRequest, *, now: datetime) -> BlastRadius:
    """What approving it would do, with the amount that was asked for. Raises InvalidRequest."""
    change = override_change(counter=counter_of_request(row), amount=row.amount, now=now)
    return blast_radius(change, now=now)
