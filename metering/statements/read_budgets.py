"""A tenant's limits when a month ended: the month's own, and those without an end."""

from datetime import datetime, timedelta
from itertools import islice

from metering.models import ATIToken, Task, Team, Tenant, User
from metering.statements.figures import BudgetLine
from metering.types import SUBJECTS_TOLD_BY_CALL, SubjectType, Window
from metering.usage.budget_status import budget_status
from metering.usage.limits import Limit
from metering.usage.status import BudgetStatus

MOST_BUDGETS = 200
SHOWN = (Window.MONTH, Window.TOTAL)
"""Shorter windows say nothing about a month."""


def read_budgets(tenant: Tenant, until: datetime) -> tuple[BudgetLine, ...]:
    """With the limits of now, and overrides and use of the windows that were open just before `until`."""
    just_before = until - timedelta(microseconds=1)
    statuses = budget_status(now=just_before, tenant=tenant, with_shared=False, where=_is_shown)
    chosen = list(islice(statuses, MOST_BUDGETS))
    names = _names(chosen)
    tasks = dict(Task.objects.values_list("code", "name"))
    lines = [_line(each, tenant, names, tasks) for each in chosen]
    return tuple(
        sorted(lines, key=lambda line: (line.whom != tenant.name, line.whom, line.window, line.dimension))
    )


def _is_shown(limit: Limit) -> bool:
    """What each agent, tag or conversation may use is a counter for whatever calls name, of which there is no end."""
    is_of_all_told = limit.per in SUBJECTS_TOLD_BY_CALL and limit.scope.value != limit.per.value
    return limit.window in SHOWN and not is_of_all_told


def _line(status: BudgetStatus, tenant: Tenant, names: dict[str, str], tasks: dict[str, str]) -> BudgetLine:
    limit, subject = status.limit, status.key.subject_id
    whom = tenant.name if status.key.subject_type == SubjectType.TENANT else names.get(subject, subject)
    parts = [tasks.get(limit.task or "", limit.task or ""), limit.model_class or ""]
    return BudgetLine(
        whom=whom or f"calls without a {status.key.subject_type}",
        task=", ".join(part for part in parts if part),
        dimension=limit.dimension.value,
        window=limit.window.value,
        is_hard=limit.hard,
        limit=limit.amount,
        used=status.used,
        left=max(0, limit.amount - status.used),
    )


def _names(statuses: list[BudgetStatus]) -> dict[str, str]:
    ids: dict[str, set[str]] = {}
    for each in statuses:
        if each.key.subject_id:
            ids.setdefault(each.key.subject_type, set()).add(each.key.subject_id)
    teams = Team.objects.filter(pk__in=ids.get(SubjectType.TEAM, ())).values_list("pk", "name")
    people = User.objects.filter(pk__in=ids.get(SubjectType.USER, ())).values_list("pk", "email")
    # A token that is nobody's counts as a person.
    tokens = ATIToken.objects.filter(
        pk__in=ids.get(SubjectType.TOKEN, set()) | ids.get(SubjectType.USER, set())
    )
    named = [(token.pk, f"Token {token.prefix}") for token in tokens.only("pk", "prefix")]
    return {str(pk): name for pk, name in (*teams, *people, *named)}
