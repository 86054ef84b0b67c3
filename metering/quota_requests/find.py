"""Finds the budget that somebody of a tenant asks about: one that applies to the tenant, and to it alone."""

from datetime import datetime
from uuid import UUID

from metering.errors import InvalidRequest, NotFound
from metering.models import Budget, Tenant
from metering.policy.meter_limits import SHARED
from metering.policy.overrides.counter import Counter, counter_of
from metering.usage.limits import active_limits, plans_by_tenant
from metering.usage.open_meters import counted_by
from metering.usage.subjects import Subjects


def budget_of_tenant(tenant: Tenant, key: UUID, *, now: datetime) -> Budget:
    """An active budget that counts the tenant's calls. Raises NotFound, also for what all tenants share."""
    plans = plans_by_tenant(tenant=tenant, now=now).get(tenant.pk, set())
    limit = active_limits(tenant=tenant, plans=plans).get(key)
    if limit is None or not isinstance(limit.row, Budget) or counted_by(limit) in SHARED:
        raise NotFound(f"There is no budget {key}.", param="budget")
    return limit.row


def asked_counter(
    tenant: Tenant, key: UUID, *, subject: str | None, subjects: Subjects | None, now: datetime
) -> Counter:
    """The counter that somebody asks about; `subjects` are a member's own, None an administrator's.

    A member who names nobody means the own counter. Raises NotFound and InvalidRequest.
    """
    budget = budget_of_tenant(tenant, key, now=now)
    if subject is None and subjects is not None:
        limit = active_limits(tenant=tenant, plans=[subjects.plan])
        own = (
            {id_ for kind, id_ in subjects.of(limit[key]) if id_ or kind == "tenant"}
            if key in limit
            else set()
        )
        if len(own) > 1:
            raise InvalidRequest("Say whose budget it is: name a subject.", param="subject")
        subject = next(iter(own), None)
    return counter_of(budget, tenant=tenant, subject=subject)
