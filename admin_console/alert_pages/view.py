"""What was noticed about limits, the newest first, and who looks after it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.alert_pages.unread import alerts_in_reach
from admin_console.auditing import actor_of
from admin_console.doing import is_done
from admin_console.paging import Pages
from admin_console.parts import (
    Choice,
    Column,
    FilterBar,
    linked_columns,
    matching,
    sort_key,
    sorted_rows,
    typed,
    with_query,
)
from admin_console.reach import tenant_in_url
from admin_console.subject_names import Pair, names_of, whom
from admin_console.who import Viewer
from admin_console.wording import amount_of
from admin_console.words import DIMENSIONS, WINDOWS
from metering.alerts.acknowledge import acknowledge_alert
from metering.models import Budget, QuotaAlert, Tenant, User
from metering.types import EventType, SubjectType

MOST = 1_000
COLUMNS = (
    Column(key="what", title="What", sorts=True),
    Column(key="kind", title="Kind", sorts=True, hides="mid"),
    Column(key="raised", title="Raised", sorts=True, hides="mid"),
    Column(key="resets", title="Resets", sorts=True, hides="lo"),
    Column(key="by", title="Looked after by", sorts=True),
)
NEWEST = "-raised"
LAST = datetime.max.replace(tzinfo=UTC)
"""Sorts what never resets behind everything."""
OPERATOR = "an operator"
OF_CALLERS = frozenset({SubjectType.TEAM, SubjectType.USER, SubjectType.TOKEN})
STATES = {"open": "Nobody's yet", "acknowledged": "Acknowledged", "all": "All"}
TYPES = {
    EventType.QUOTA_WARNING: ("warning", "warn"),
    EventType.QUOTA_CRITICAL: ("critical", "bad"),
    EventType.QUOTA_EXCEEDED: ("limit reached", "bad"),
    EventType.CONCURRENCY_LIMIT: ("calls at once", "warn"),
}
"""What each is called, and its tone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One alert in words."""

    id: UUID
    type: str
    tone: str
    sentence: str
    url: str
    """Of the budget's page; empty for other limits, and for a budget that counts no more."""
    beside: str
    raised_at: datetime
    resets_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str


BY: Mapping[str, Callable[[Line], Any]] = {
    "what": lambda line: line.sentence.lower(),
    "kind": lambda line: (line.tone, line.type),
    "raised": lambda line: line.raised_at,
    "resets": lambda line: line.resets_at or LAST,
    "by": lambda line: (line.acknowledged_by if line.acknowledged_at else "", line.raised_at),
}


def alerts(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    reach = alerts_in_reach(viewer)
    if tenant is not None:
        reach = reach.filter(tenant_id=tenant.pk)
    if request.method == "POST":
        _acknowledge(request, viewer, reach)
        return redirect(request.get_full_path())
    state = request.GET.get("state", "open")
    found = {"open": reach.filter(acknowledged_at=None), "acknowledged": reach.exclude(acknowledged_at=None)}
    rows = list(found.get(state, reach).select_related("acknowledged_by").order_by("-id")[:MOST])
    lines = matching(request.GET, _lines(rows, viewer.tenant), _texts)
    pages = Pages.of(request.GET, sorted_rows(lines, sort_key(request.GET, COLUMNS, default=NEWEST), BY))
    shown = {
        "columns": linked_columns(request.GET, COLUMNS, default=NEWEST),
        "pages": pages,
        "is_open": state == "open" and not typed(request.GET),
        "filters": _filters(request, viewer, state),
        "is_cut": len(rows) == MOST,
    }
    return render(request, "admin_console/alerts.html", {**page, **shown})


def _acknowledge(request: HttpRequest, viewer: Viewer, reach: QuerySet[QuotaAlert]) -> None:
    """Raises Http404 for an alert that is not in reach."""
    try:
        alert = reach.filter(pk=UUID(request.POST.get("alert", ""))).first()
    except ValueError:
        alert = None
    if alert is None:
        raise Http404

    def acknowledge() -> str:
        done = acknowledge_alert(alert=alert, by=viewer.user, actor=actor_of(request), now=now())
        by = done.acknowledged_by
        if by is not None and by.pk != viewer.user.pk:
            called = _called(by, viewer.tenant)
            return f"{OPERATOR.capitalize() if called == OPERATOR else called} looks after it already."
        return "You look after this alert."

    is_done(request, acknowledge)


def _filters(request: HttpRequest, viewer: Viewer, state: str) -> FilterBar:
    switches = tuple(
        Choice(
            value=value,
            label=label,
            url=with_query(request.GET, state=value if value != "open" else None),
            is_chosen=value == state,
        )
        for value, label in STATES.items()
    )
    return FilterBar.of(
        request.GET,
        labels={"tenant": "Tenant"} if viewer.tenant is None else {},
        search="Whom, limit or kind",
        switches=switches,
    )


def _texts(line: Line) -> tuple[str, ...]:
    """What of an alert is looked through."""
    return line.sentence, line.beside, line.type, line.acknowledged_by if line.acknowledged_at else ""


def _lines(rows: Sequence[QuotaAlert], own: Tenant | None) -> list[Line]:
    """Only operators are told whose each is."""
    ids = {row.tenant_id for row in rows if row.tenant_id is not None} if own is None else set()
    tenants = Tenant.objects.in_bulk(ids)
    names = names_of((row.subject_type, row.subject_id) for row in rows)
    budgets = Budget.objects.filter(pk__in={row.budget_id for row in rows}, is_active=True)
    counting = set(budgets.values_list("pk", flat=True))
    return [
        _line(row, names, own, tenants.get(row.tenant_id), has_page=row.budget_id in counting) for row in rows
    ]


def _line(
    row: QuotaAlert, names: Mapping[Pair, str], own: Tenant | None, tenant: Tenant | None, *, has_page: bool
) -> Line:
    of = whom(row.subject_type, tenant, row.subject_id, names)
    if row.subject_type == SubjectType.TENANT and own is not None:
        of = own.name
    elif not row.subject_id and row.subject_type in OF_CALLERS:
        of = f"Calls without a {row.subject_type}"
    window = "" if row.window == "none" else f" {WINDOWS[row.window]}"
    what = DIMENSIONS[row.dimension]
    limit = amount_of(row.dimension, row.limit)
    reached = "no room left for calls" if row.requested is not None else f"{row.threshold} % reached"
    called, tone = TYPES[row.type]
    return Line(
        id=row.pk,
        type=called,
        tone=tone,
        sentence=f"{of}: {reached} of {limit}{'' if row.dimension == 'cost' else f' {what}'}{window}",
        url=_budget_page(row, tenant) if has_page else "",
        beside=f"{amount_of(row.dimension, row.used)} used, {amount_of(row.dimension, row.held)} held",
        raised_at=row.raised_at,
        resets_at=row.window_end,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=_called(row.acknowledged_by, own),
    )


def _budget_page(row: QuotaAlert, tenant: Tenant | None) -> str:
    owner = {"tenant": tenant.slug} if tenant is not None else {}
    query = urlencode({**owner, "subject": row.subject_id})
    return f"{reverse('admin:budget', args=[row.budget_id])}?{query}"


def _called(person: User | None, own: Tenant | None) -> str:
    """By address; a tenant's people do not learn who the operators are."""
    if person is None:
        return "somebody"
    return person.email if own is None or person.tenant_id == own.pk else OPERATOR
