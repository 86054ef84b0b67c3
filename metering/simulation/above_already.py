"""Who has already used more of a window than a budget would allow."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from metering.ledger.windows import window_bounds
from metering.models import ATIToken, Budget, Team, Tenant, User
from metering.policy.overrides.in_force import overrides_of
from metering.policy.overrides.raises import Override
from metering.simulation.use_by_subject import SHARED, Counted, Use, use_by_subject
from metering.types import SUBJECTS_TOLD_BY_CALL, Dimension, SubjectType, Window
from metering.usage.limits import limit_of_budget
from metering.usage.open_meters import counted_by, open_meters

MAX_CALENDARS = 20
"""Tenants whose windows begin at other moments are added up by a statement each."""


class Above(NamedTuple):
    """Somebody who has used up the budget as it would be."""

    name: str
    used: int
    limit: int


class AboveAlready(NamedTuple):
    """Everybody who is above, as far as that could be counted."""

    found: tuple[Above, ...]
    is_complete: bool


def above_already(
    budgets: Iterable[Budget], *, tenants: Mapping[UUID, Tenant], now: datetime
) -> AboveAlready:
    """Who of these tenants has used at least as much of the present window as one of the budgets allows."""
    found: list[Above] = []
    is_complete = True
    for budget in budgets:
        if not budget.is_active or budget.dimension == Dimension.CONCURRENCY:
            continue
        use = _use(budget, tenants, now)
        is_complete = is_complete and use is not None
        overrides = overrides_of(budget)
        over = {
            key: used
            for key, used in (use or {}).items()
            if used >= budget.amount + _added(overrides, *key, budget, now)
        }
        names = _names(SubjectType(budget.per), over, tenants)
        found += [
            Above(names.get(key, "somebody who is gone"), used, budget.amount) for key, used in over.items()
        ]
    found.sort(key=lambda each: -each.used)
    return AboveAlready(tuple(found), is_complete)


def _use(budget: Budget, tenants: Mapping[UUID, Tenant], now: datetime) -> Use | None:
    """By its meters; of tenants that have none, because nothing limited this before, by the log."""
    limit = limit_of_budget(budget)
    per = counted_by(limit)
    use = {
        (key.tenant_id, key.subject_id): meter.used
        for key, meter in open_meters([limit], now, tenants=tenants, subjects=None, after=None)
    }
    metered = {tenant_id for tenant_id, _ in use}
    counted = Counted(per, limit.dimension, limit.task or "", limit.model_class or "")
    if per in SHARED:
        if use:
            return use
        start, _ = window_bounds(limit.window, now)
        return _only(budget, use_by_subject(counted, tenants=None, since=start, until=now))
    others = sorted((row for id_, row in tenants.items() if id_ not in metered), key=_calendar)
    calendars = [(calendar, [row.pk for row in rows]) for calendar, rows in groupby(others, _calendar)]
    for (timezone, week_start), ids in calendars[:MAX_CALENDARS]:
        start, _ = window_bounds(Window(budget.window), now, timezone=timezone, week_start=week_start)
        logged = _only(budget, use_by_subject(counted, tenants=ids, since=start, until=now))
        if logged is None:
            return None
        use |= logged
    return use if len(calendars) <= MAX_CALENDARS else None


def _added(overrides: Iterable[Override], owner: UUID, subject: str, budget: Budget, now: datetime) -> int:
    """Return what overrides add for one subject now."""
    tenant_id = None if budget.per in SHARED else owner
    return sum(
        each.amount
        for each in overrides
        if each.tenant_id == tenant_id
        and each.subject_id in (None, subject)
        and (each.ends_at is None or now < each.ends_at)
    )


def _only(budget: Budget, use: Use | None) -> Use | None:
    """Return the use of whom the budget is about; of everybody if it is about nobody in particular."""
    if use is None or budget.scope != budget.per or not budget.scope_id:
        return use
    return {key: used for key, used in use.items() if key[1] == budget.scope_id}


def _calendar(tenant: Tenant) -> tuple[str, int]:
    return tenant.timezone, tenant.week_start


def _names(per: SubjectType, use: Use, tenants: Mapping[UUID, Tenant]) -> Mapping[tuple[UUID, str], str]:
    """Return what people call these subjects."""
    known = dict(_known(per, {subject for _, subject in use}))
    return {
        (owner, subject): known.get(subject) or _unnamed(per, subject, tenants.get(owner))
        for owner, subject in use
    }


def _known(per: SubjectType, subjects: set[str]) -> Iterator[tuple[str, str]]:
    ids = [UUID(subject) for subject in subjects if per in _ROWS and subject]
    for rows, column in _ROWS.get(per, ()):
        for pk, name in rows.filter(pk__in=ids).values_list("pk", column):
            yield str(pk), name


def _unnamed(per: SubjectType, subject: str, tenant: Tenant | None) -> str:
    if per is SubjectType.GLOBAL:
        return "the gateway"
    if per in SUBJECTS_TOLD_BY_CALL and subject:
        return subject
    whose = f" of {tenant.slug}" if tenant is not None else ""
    return f"calls{whose} without a {per.value}"


_ROWS = {
    SubjectType.TENANT: ((Tenant.objects, "slug"),),
    SubjectType.TEAM: ((Team.objects, "slug"),),
    SubjectType.USER: ((ATIToken.objects, "prefix"), (User.objects, "email")),
    SubjectType.TOKEN: ((ATIToken.objects, "prefix"),),
}
"""Where names are found. A token stands for its user where nobody else is behind it."""
