"""A replay for somebody who waits for it, in the API or the console: bounded in time, calls and what comes before."""

from datetime import datetime, timedelta

from metering.errors import InvalidRequest
from metering.models import Tenant
from metering.policy.source import LoadCatalog, read_policy_source
from metering.simulation.replay import Replayed, replay

MAX_PERIOD = timedelta(days=62)
MAX_CALLS = 50_000
"""Of the period; `manage.py simulate_policy` has no bound."""
MAX_BEFORE = 200_000
"""Calls between the start of the month and the period, which only fill the windows."""


def replay_at_once(
    *,
    tenant: Tenant | None,
    since: datetime,
    until: datetime,
    plan: str | None = None,
    shift: timedelta = timedelta(0),
    after: LoadCatalog | None = None,
) -> Replayed:
    """One tenant's calls, or (None) everybody's, judged as if `after` was done. Nothing is changed.

    Raises InvalidRequest for a period that is empty, too long, or comes after too many calls, and for an unknown plan.
    """
    if until - since > MAX_PERIOD:
        raise InvalidRequest(f"At most {MAX_PERIOD.days} days at once.", param="period")
    return replay(
        source=read_policy_source(tenant=tenant, after=after),
        since=since,
        until=until,
        tenant=tenant,
        plan=plan,
        shift=shift,
        most_calls=MAX_CALLS,
        most_before=MAX_BEFORE,
    )
