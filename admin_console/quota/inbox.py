"""The list of requests beside the one that is shown: the open ones, then those that were answered.

`state`, `sort` and `q` of the address choose of them, and stay in the address of each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse

from admin_console.parts import Choice, FilterBar, Select, matching, with_query
from admin_console.quota.badge import requests_in_reach
from admin_console.quota.words import TONES, counts, lasts, more, names_for, whose
from admin_console.who import Viewer
from admin_console.wording import when
from metering.models import QuotaRequest, Tenant
from metering.types import SubjectType

MOST = 100
STATES = {"open": "Open", "answered": "Answered"}
BY: Mapping[str, Callable[["Line"], Any]] = {
    "-asked": lambda line: line.asked_at,
    "asked": lambda line: line.asked_at,
    "whose": lambda line: line.title.lower(),
    "amount": lambda line: (line.dimension, line.amount),
    "-amount": lambda line: (line.dimension, line.amount),
}
ORDERS = {
    "-asked": "Newest",
    "asked": "Oldest",
    "whose": "For whom",
    "-amount": "Largest",
    "amount": "Smallest",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    title: str
    small: str
    state: str
    tone: str
    at: str
    url: str
    is_current: bool
    is_open: bool
    asked_at: datetime
    dimension: str
    amount: int


def filter_bar(query: QueryDict, viewer: Viewer) -> FilterBar:
    selects = (
        Select(name="state", label="State", choices=_choices(STATES)),
        Select(name="sort", label="Order", any_label="Open ones first", choices=_choices(ORDERS)),
    )
    return FilterBar.of(
        query,
        labels={"tenant": "Tenant"} if viewer.tenant is None else {},
        selects=selects,
        search="Whom, budget or answer",
    )


def _choices(words: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(value=value, label=word) for value, word in words.items())


def chosen_lines(
    query: QueryDict, viewer: Viewer, tenant: Tenant | None, current: UUID | None, zone: tzinfo
) -> list[Line]:
    """Those that the address asks for, in its order."""
    state = query.get("state", "")
    lines = [
        replace(line, url=f"{line.url}{with_query(query)}" if query else line.url)
        for line in lines_of(viewer, tenant, current, zone)
        if state not in STATES or line.is_open == (state == "open")
    ]
    found = matching(query, lines, lambda line: (line.title, line.small))
    sort = query.get("sort", "")
    return sorted(found, key=BY[sort], reverse=sort.startswith("-")) if sort in BY else found


def lines_of(viewer: Viewer, tenant: Tenant | None, current: UUID | None, zone: tzinfo) -> list[Line]:
    """The newest first, MOST of the open ones and as many of the others."""
    rows = requests_in_reach(viewer)
    if tenant is not None:
        rows = rows.filter(tenant=tenant)
    open_ones = rows.filter(state=QuotaRequest.State.OPEN)
    answered = rows.exclude(state=QuotaRequest.State.OPEN).select_related("override")
    found = [*open_ones.order_by("-id")[:MOST], *answered.order_by("-decided_at", "-id")[:MOST]]
    names = names_for(found)
    return [
        Line(
            title=f"{whose(row, names)}: {more(row.budget, row.amount)} more",
            small=" · ".join(filter(None, (_owner(row, viewer), counts(row.budget), _said(row)))),
            state=QuotaRequest.State(row.state).label,
            tone=TONES[row.state],
            at=when(row.decided_at or row.created_at, zone),
            url=reverse("admin:quota_request", args=[row.pk]),
            is_current=row.pk == current,
            is_open=row.is_open,
            asked_at=row.created_at,
            dimension=row.budget.dimension,
            amount=row.amount,
        )
        for row in found
    ]


def _owner(row: QuotaRequest, viewer: Viewer) -> str:
    """Whose tenant's it is, for operators, where the title does not say so."""
    is_said = viewer.tenant is not None or row.budget.per == SubjectType.TENANT
    return "" if is_said else row.tenant.name


def _said(row: QuotaRequest) -> str:
    if row.is_open:
        return lasts(row.windows, row.budget.window)
    if row.granted is not None:
        return f"{more(row.budget, row.granted)} granted"
    return f'"{row.answer}"' if row.answer else "no answer"
