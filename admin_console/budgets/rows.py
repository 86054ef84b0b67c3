"""Budgets as rows of a table, each with its bar."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from admin_console.budgets.words import counts, forecast_words, resets, whose
from admin_console.filters_in_url import MAX_DAYS
from admin_console.limits.view import editor_of_viewer
from admin_console.links import days, to_page
from admin_console.parts import BudgetBar, Cell, Column, Row, budget_bar
from admin_console.subject_names import Pair
from admin_console.who import Viewer
from admin_console.wording import amount_of, usd_exact
from metering.models import Budget
from metering.overview.budgets import BudgetLine
from metering.policy.edit.may_edit import may_change
from metering.types import Dimension, Setter

COLUMNS = (
    Column(key="budget", title="Budget", sorts=True),
    Column(key="used", title="Used", sorts=True),
    Column(key="amount", title="Amount", is_number=True, sorts=True, hides="mid"),
    Column(key="held", title="Held", is_number=True, sorts=True, hides="mid"),
    Column(key="left", title="Left", is_number=True, sorts=True),
    Column(key="forecast", title="At its reset", is_number=True, sorts=True, hides="mid"),
)
Filters = Mapping[Pair, tuple[str, str]]


def bar_of(line: BudgetLine, title: str) -> BudgetBar:
    """Return the bar of one budget."""
    status = line.status
    return budget_bar(
        title=title,
        used=status.used,
        held=status.held,
        limit=status.limit.amount,
        amount=lambda amount: amount_of(status.limit.dimension, amount),
        forecast=line.forecast.at_reset if line.forecast is not None else None,
        base=status.base if status.override else None,
        holds=status.limit.dimension is Dimension.CONCURRENCY,
    )


def row_of(
    line: BudgetLine,
    names: Mapping[Pair, str],
    filters: Filters,
    viewer: Viewer,
    *,
    now: datetime,
    zone: tzinfo,
    tenants: Mapping[str, str],
) -> Row:
    """Return the row of one budget; `tenants` are names by slug."""
    status = line.status
    limit, title = status.limit, whose(line, names)
    owner = tenants.get(status.tenant_slug or "", "") if viewer.tenant is None else ""
    away = f"{amount_of(limit.dimension, status.uncovered)} past it while the database was away"
    told = (owner if owner != title else "", counts(line), away if status.uncovered else "")
    small = " · ".join(filter(None, told))
    at_reset, when = forecast_words(line, now, zone)
    words = "used" if limit.dimension is not Dimension.CONCURRENCY else "in flight"

    def cell(amount: int, url: str = "") -> Cell:
        exact = usd_exact(amount) if limit.dimension is Dimension.COST else ""
        return Cell(text=amount_of(limit.dimension, amount), exact=exact, url=url)

    return Row(
        cells=(
            Cell(
                text=title,
                small=small,
                url=budget_link(line, viewer) or edit_link(line, viewer),
                tag=f"+ {amount_of(limit.dimension, status.override)}" if status.override else "",
                tone="info",
            ),
            Cell(
                bar=bar_of(line, f"{title}, {counts(line)}"),
                small=f"{status.percent:.1f} % {words} of {amount_of(limit.dimension, limit.amount)}",
            ),
            cell(line.taken, url=rows_link(line, filters, now.astimezone(zone).date())),
            cell(status.held),
            cell(status.remaining),
            Cell(
                text=at_reset, small=when if when != "used up" else resets(line, now, zone), tone=_tone(line)
            ),
        )
    )


def budget_link(line: BudgetLine, viewer: Viewer) -> str:
    """Where a budget's counter is shown with its overrides; empty for rules, and for what is not told to tenants."""
    status = line.status
    if not isinstance(status.limit.row, Budget) or (viewer.tenant is not None and status.tenant_slug is None):
        return ""
    owner = {"tenant": status.tenant_slug} if viewer.tenant is None and status.tenant_slug else {}
    query = urlencode({**owner, "subject": status.key.subject_id})
    return f"{reverse('admin:budget', args=[status.limit.id])}?{query}"


def edit_link(line: BudgetLine, viewer: Viewer) -> str:
    """Where whoever may changes the limit; empty for others."""
    row = line.status.limit.row
    noun = "budget" if isinstance(row, Budget) else "rule"
    if viewer.tenant is None:
        return reverse(f"admin:metering_{row._meta.model_name}_change", args=(line.status.limit.set_by,))
    if viewer.own_only or row.set_by == Setter.OPERATOR or not may_change(editor_of_viewer(viewer), row):
        return ""
    return to_page(f"limit_{noun}", of=str(row.pk))


def rows_link(line: BudgetLine, filters: Filters, today: date) -> str:
    """The calls that are counted: of the meter's own window, which may be of another zone than the page."""
    key, limit, status = line.status.key, line.status.limit, line.status
    asked = {"tenant": status.tenant_slug, "task": limit.task, "class": limit.model_class}
    if (key.subject_type, key.subject_id) in filters:
        name, value = filters[key.subject_type, key.subject_id]
        asked[name] = value
    if limit.dimension is Dimension.CONCURRENCY:
        return to_page("activity", status="in_flight", range="30d", **asked)
    if status.window_start is None or status.reset_at is None:
        return to_page("explore", **days(today - timedelta(days=MAX_DAYS - 1), today), **asked)
    window = {"from": status.window_start.isoformat(), "to": status.reset_at.isoformat()}
    return to_page("activity", **window, **asked)


def _tone(line: BudgetLine) -> str:
    return "bad" if line.will_be_used_up else ""


def order(names: Mapping[Pair, str]) -> dict[str, Callable[[BudgetLine], Any]]:
    """By what each column of the table is sorted."""
    return {
        "budget": lambda line: whose(line, names).lower(),
        "used": lambda line: line.status.percent,
        "amount": lambda line: line.taken,
        "held": lambda line: line.status.held,
        "left": lambda line: line.status.remaining,
        "forecast": lambda line: line.forecast.at_reset if line.forecast else -1,
    }
