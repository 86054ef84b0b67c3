"""A tenant's budgets as bars, the fullest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from itertools import islice

from django.urls import reverse

from admin_console.parts import BudgetBar, budget_bar
from admin_console.subject_names import names_of
from admin_console.tenant.links import page_url
from admin_console.wording import amount_of, count, duration, when
from admin_console.words import dimension_word, scope_word, task_word, window_word
from metering.models import Tenant
from metering.overview.budgets import MOST_TOLD
from metering.thresholds import CRITICAL_PERCENT, WARNING_PERCENT
from metering.types import Dimension, Scope, SubjectType, Window
from metering.usage.budget_status import budget_status
from metering.usage.status import BudgetStatus

SHOWN = 8
MOST = 5_000
"""Meters that are looked at for the fullest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    whose: str
    what: str
    used: str
    limit: str
    bar: BudgetBar
    tag: str
    tone: str
    facts: tuple[str, ...]
    resets: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    lines: tuple[BudgetLine, ...]
    total: int
    day: BudgetStatus | None
    """The tenant's own budget of cost a day, which its spend of today is held against; of two the smaller."""
    month: BudgetStatus | None


def budgets_of(tenant: Tenant, *, now: datetime, zone: tzinfo, is_operator: bool) -> Budgets:
    metered = budget_status(now=now, tenant=tenant, with_shared=False, most_told=MOST_TOLD)
    statuses = list(islice(metered, MOST))
    nearest = sorted(statuses, key=lambda status: (-status.percent, -status.held))[:SHOWN]
    names = names_of((status.key.subject_type, status.key.subject_id) for status in nearest)
    return Budgets(
        lines=tuple(_line(status, names, now, zone, tenant, is_operator) for status in nearest),
        total=len(statuses),
        day=_own(statuses, Window.DAY),
        month=_own(statuses, Window.MONTH),
    )


def _own(statuses: list[BudgetStatus], window: Window) -> BudgetStatus | None:
    """The tightest budget of everything that the tenant spends in a window."""
    found = [
        status
        for status in statuses
        if status.limit.dimension is Dimension.COST
        and status.limit.window is window
        and status.key.subject_type == SubjectType.TENANT
        and status.limit.task is None
        and status.limit.model_class is None
    ]
    return min(found, key=lambda status: status.limit.amount, default=None)


def _line(
    status: BudgetStatus,
    names: Mapping[tuple[str, str], str],
    now: datetime,
    zone: tzinfo,
    tenant: Tenant,
    is_operator: bool,
) -> BudgetLine:
    limit = status.limit
    amount = partial(amount_of, limit.dimension)
    is_at_once = limit.dimension is Dimension.CONCURRENCY
    whose = _whose(status, names, tenant)
    tone, tag = _tone(status.percent)
    return BudgetLine(
        whose=whose,
        what=_what(status),
        used=amount(status.held if is_at_once else status.used),
        limit=amount(limit.amount),
        bar=budget_bar(
            title=whose,
            used=status.used,
            held=status.held,
            limit=limit.amount,
            amount=amount,
            base=status.base if status.override else None,
            holds=is_at_once,
        ),
        tag=tag,
        tone=tone,
        facts=tuple(_facts(status, amount)),
        resets=_resets(status, now, zone),
        url=_url(status, tenant, is_operator),
    )


def _whose(status: BudgetStatus, names: Mapping[tuple[str, str], str], tenant: Tenant) -> str:
    kind, subject = status.key.subject_type, status.key.subject_id
    if kind == SubjectType.TENANT:
        return f"{tenant.name}, all calls"
    if not subject:
        return f"Calls without a {scope_word(kind)}"
    name = names.get((kind, subject), "")
    if (
        kind == SubjectType.USER and name == "that is gone"
    ):  # a token counts as one person where nobody is behind it
        name = names_of([(SubjectType.TOKEN.value, subject)])[SubjectType.TOKEN.value, subject]
        return f"Token {name}"
    return name if kind == SubjectType.USER else f"{scope_word(kind).capitalize()} {name}"


def _what(status: BudgetStatus) -> str:
    limit = status.limit
    if limit.dimension is Dimension.CONCURRENCY:
        words = "calls at once"
    else:
        words = f"{dimension_word(limit.dimension)} {window_word(limit.window)}"
    of = [task_word(limit.task), limit.model_class or ""]
    words = ", ".join(filter(None, [words, *of]))
    return f"{words}, plan {limit.scope_id}" if limit.scope is Scope.PLAN else words


def _tone(percent: float) -> tuple[str, str]:
    if percent >= 100:
        return "bad", "used up"
    if percent >= CRITICAL_PERCENT:
        return "bad", "nearly used up"
    return ("warn", f"over {WARNING_PERCENT} %") if percent >= WARNING_PERCENT else ("", "")


def _facts(status: BudgetStatus, amount: partial[str]) -> Iterator[str]:
    if status.limit.dimension is Dimension.CONCURRENCY:
        yield f"{count(status.held)} in flight"
    else:
        yield f"{status.percent:.1f} % used"
        yield f"{amount(status.held)} held"
    yield f"{amount(status.remaining)} left"
    if status.uncovered:
        yield f"{amount(status.uncovered)} past it while the database was away"
    if status.override:
        yield f"{amount(status.override)} of overrides"


def _resets(status: BudgetStatus, now: datetime, zone: tzinfo) -> str:
    if status.reset_at is None:
        return ""
    left_s = (status.reset_at - now).total_seconds()
    return f"resets in {duration(left_s)}" if left_s < 86_400 else f"resets {when(status.reset_at, zone)}"


def _url(status: BudgetStatus, tenant: Tenant, is_operator: bool) -> str:
    if not is_operator:
        return page_url("budgets", tenant=tenant.slug)
    noun = "policyrule" if status.limit.dimension is Dimension.CONCURRENCY else "budget"
    return reverse(f"admin:metering_{noun}_change", args=[status.limit.set_by])
