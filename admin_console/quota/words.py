"""Requests and overrides in people's words."""

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from admin_console.subject_names import Pair, names_of
from admin_console.wording import amount_of, day
from admin_console.words import dimension_word, task_word, window_word
from metering.models import Budget, BudgetOverride, QuotaRequest
from metering.types import Dimension, Scope, SubjectType

KINDS = {
    SubjectType.TEAM: "Team ",
    SubjectType.TOKEN: "Token ",
    SubjectType.AGENT: "Agent ",
    SubjectType.TAG: "Tag ",
    SubjectType.CONVERSATION: "Conversation ",
    SubjectType.PROVIDER: "Vendor ",
}
TONES = {"open": "info", "approved": "ok", "for_good": "ok", "denied": "", "withdrawn": ""}
ONE = {"calls": "call", "tokens": "token", "searches": "search", "files": "file", "steps": "step"}
WINDOWS = {"hour": "this hour", "day": "today", "week": "this week", "month": "this month"}


def names_for(rows: Iterable[QuotaRequest | BudgetOverride]) -> Mapping[Pair, str]:
    """Of whoever the budgets of these rows count."""
    return names_of({(row.budget.per, row.subject_id) for row in rows if row.subject_id})


def counts(budget: Budget) -> str:
    """`cost a month`, `Drafting: calls a day with PRO_M models, plan PRO`."""
    task = f"{task_word(budget.task_id)}: " if budget.task_id else ""
    model_class = f" with {budget.model_class_id} models" if budget.model_class_id else ""
    window = "" if budget.dimension == Dimension.CONCURRENCY else f" {window_word(budget.window)}"
    plan = f", plan {budget.scope_id}" if budget.scope == Scope.PLAN else ""
    return f"{task}{dimension_word(budget.dimension)}{window}{model_class}{plan}"


def whose(row: QuotaRequest | BudgetOverride, names: Mapping[Pair, str]) -> str:
    """`Team Patents`, `carla@example.com`, the tenant's name, `everybody of Cedar`."""
    per, tenant = SubjectType(row.budget.per), row.tenant
    name = tenant.name or tenant.slug if tenant is not None else ""
    if per is SubjectType.TENANT:
        return name
    if row.subject_id is None:
        return f"everybody of {name}" if name else "everybody"
    if per is SubjectType.GLOBAL:
        return "Every tenant"
    if not row.subject_id:
        return f"Calls without a {per.value}"
    return f"{KINDS.get(per, '')}{names.get((per.value, row.subject_id), row.subject_id)}"


def more(budget: Budget, amount: int) -> str:
    """Return an amount that is added to a budget: `$150.00`, `5 files`."""
    shown = amount_of(budget.dimension, amount)
    if budget.dimension == Dimension.COST:
        return shown
    word = dimension_word(budget.dimension)
    return f"{shown} {ONE.get(word, word) if amount == 1 else word}"


def lasts(windows: int | None, window: str) -> str:
    """`this month`, `today and the 2 that follow`, `until it is removed`."""
    word = WINDOWS.get(window)
    if windows is None or word is None:
        return "until it is removed"
    rest = windows - 1
    return word if not rest else f"{word} and the {rest} that follow{'s' if rest == 1 else ''}"


def until(ends_at: datetime | None, zone: tzinfo) -> str:
    """`until Tue 1 Dec 2026`; of a moment within a day its time too."""
    if ends_at is None:
        return "until it is removed"
    local = ends_at.astimezone(zone)
    time = "" if (local.hour, local.minute) == (0, 0) else f", {local:%H:%M}"
    return f"until {day(local.date())}{time}"
