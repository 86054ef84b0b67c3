"""The overview: one question, each of whose figures the console shows and `GET /api/overview` tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from metering.models import QuotaAlert, VendorAlert
from metering.overview.budgets import BudgetLine, budget_lines
from metering.overview.dearest import Dearest, dearest
from metering.overview.reach import Reach
from metering.overview.vendors import VendorHealth, vendors
from metering.reports.cache_savings import CacheSavings
from metering.reports.explored import Explored
from metering.reports.overview import (
    Health,
    Spendings,
    caches,
    cost_of_30_days,
    days,
    health,
    spendings,
)
from metering.reports.plan import reading
from metering.thresholds import WARNING_PERCENT
from metering.types import Dimension, SubjectType, Window
from metering.usage.filters import UsageFilter
from metering.usage.in_flight import HeldCall, InFlight, held_calls, in_flight, with_names

STACKS = ("model", "user", "team", "task")
"""By what the chart can be stacked, beside the tenant where there are many."""
RANGES = {"today": 1, "7d": 7, "30d": 30}
"""Of traffic, the dearest and vendors: so many days up to now."""
MOST_HELD, MOST_NEAR, MOST_ALERTS = 6, 8, 12
WINDOWS = {Window.DAY: "today", Window.WEEK: "week", Window.MONTH: "month"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """The alerts that nobody has acknowledged, the newest first."""

    count: int
    newest: tuple[QuotaAlert, ...]
    vendors: tuple[VendorAlert, ...]
    """For the gateway's own administrators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What people see first, of all calls within one reach."""

    chosen: UsageFilter
    """The reach, with the range of `health`, `caches`, `tops` and `vendors`."""
    spendings: Spendings
    limits: Mapping[str, BudgetLine]
    """The tightest budget of cost for `today`, `week` and `month`, where there is one for the whole reach."""
    in_flight: InFlight
    at_once: BudgetLine | None
    """The limit on calls at once."""
    held: tuple[HeldCall, ...]
    """The oldest of the calls under way."""
    health: Health
    caches: CacheSavings
    stack: str
    chart: Explored
    tops: Mapping[str, tuple[Dearest, ...]]
    """The dearest by `tenant` (where there are many), `user` (and tokens of nobody), `model` and `conversation`."""
    budgets: int
    near: tuple[BudgetLine, ...]
    """Over 80 %, the nearest first."""
    alerts: Alerts
    vendors: tuple[VendorHealth, ...]
    """Empty for one caller."""


def overview(reach: Reach, *, now: datetime, stack: str = "model", range_: str = "today") -> Overview:
    """Everything of one moment. `stack` is one of `stacks_for`, `range_` one of RANGES."""
    with reading():
        return _overview(reach, now, stack, range_)


def _overview(reach: Reach, now: datetime, stack: str, range_: str) -> Overview:
    whole = UsageFilter(tenant=reach.tenant, only=reach.only)
    chosen = days(whole, now=now, count=RANGES[range_])
    lines = budget_lines(reach, now=now)
    rows = held_calls(tenant=reach.tenant, only=reach.only)
    return Overview(
        chosen=chosen,
        spendings=spendings(whole, now=now),
        limits=_limits(lines, reach),
        in_flight=in_flight(rows),
        at_once=_at_once(lines, reach),
        held=tuple(with_names(rows.order_by("pk")[:MOST_HELD])),
        health=health(chosen, now=now),
        caches=caches(chosen, now=now),
        stack=stack,
        chart=cost_of_30_days(whole, by=stack, now=now),
        tops={by: dearest(chosen, by) for by in _tops(reach)},
        budgets=len(lines),
        near=tuple([line for line in lines if line.status.percent >= WARNING_PERCENT][:MOST_NEAR]),
        alerts=_alerts(reach),
        vendors=() if reach.is_own else tuple(vendors(chosen, now=now, with_alerts=reach.sees_shared)),
    )


def stacks_for(reach: Reach) -> tuple[str, ...]:
    """What the chart may be stacked by: by tenants where there are many, not by people where there is one."""
    if reach.is_own:
        return ("model", "task")
    return (*STACKS, "tenant") if reach.tenant is None else STACKS


def _tops(reach: Reach) -> tuple[str, ...]:
    if reach.is_own:
        return ("model", "conversation")
    return (
        ("tenant", "user", "model", "conversation")
        if reach.sees_shared
        else ("user", "model", "conversation")
    )


def subject_of(reach: Reach) -> tuple[str, str]:
    """Return the type and id of the subject whose meters count everything in the reach."""
    if reach.tenant is None:
        return SubjectType.GLOBAL.value, ""
    if reach.is_own:
        return SubjectType.USER.value, str(reach.user_id or reach.token_id)
    return SubjectType.TENANT.value, str(reach.tenant.pk)


def _of_whole(line: BudgetLine, reach: Reach) -> bool:
    limit, key = line.status.limit, line.status.key
    kind, subject = subject_of(reach)
    is_whole = key.subject_type == kind and subject in ("", key.subject_id)
    return is_whole and limit.task is None and limit.model_class is None


def _limits(lines: list[BudgetLine], reach: Reach) -> dict[str, BudgetLine]:
    """Return, by name of the window, the cost budget with least left among those that count the whole reach."""
    found: dict[str, BudgetLine] = {}
    for line in lines:
        limit = line.status.limit
        name = WINDOWS.get(limit.window)
        if name is None or limit.dimension is not Dimension.COST or not _of_whole(line, reach):
            continue
        if name not in found or line.status.remaining < found[name].status.remaining:
            found[name] = line
    return found


def _at_once(lines: list[BudgetLine], reach: Reach) -> BudgetLine | None:
    of_calls = [
        line
        for line in lines
        if line.status.limit.dimension is Dimension.CONCURRENCY and _of_whole(line, reach)
    ]
    return min(of_calls, key=lambda line: line.status.remaining, default=None)


def _alerts(reach: Reach) -> Alerts:
    rows = QuotaAlert.objects.filter(acknowledged_at=None)
    if reach.tenant is not None:
        rows = rows.for_tenant(reach.tenant)
    if reach.is_own:
        kind, subject = subject_of(reach)
        rows = rows.filter(subject_type=kind, subject_id=subject)
    of_vendors = VendorAlert.objects.filter(acknowledged_at=None)
    found = tuple(of_vendors[:MOST_ALERTS]) if reach.sees_shared else ()
    return Alerts(
        count=rows.count() + (of_vendors.count() if reach.sees_shared else 0),
        newest=tuple(rows[:MOST_ALERTS]),
        vendors=found,
    )
