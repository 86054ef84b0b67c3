"""All tenants: who is a customer, what each spent this month, how near each is to a limit, and when it last called."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now as present

from admin_console.links import to_page
from admin_console.parts import Cell, Column, Empty, Row, Table, budget_bar, sort_key, sorted_rows, with_query
from admin_console.tenant.hub import STATUS
from admin_console.who import Viewer
from admin_console.wording import count, usd, usd_exact, when
from metering.models import ATIToken, Tenant, User
from metering.reports.buckets import Bucket
from metering.reports.spend import NOTHING, Spent, spent_by_tenant
from metering.usage.nearest import nearest_by_tenant

ON_A_PAGE = 50
MOST = 2_000
"""Tenants that one list can sort; a search narrows it."""
COLUMNS = (
    Column(key="name", title="Tenant", sorts=True),
    Column(key="status", title="Status", sorts=True),
    Column(key="plan", title="Plan", sorts=True, hides="mid"),
    Column(key="spent", title="Spent this month", is_number=True, sorts=True),
    Column(key="nearest", title="Nearest budget", is_number=True, sorts=True, hides="mid"),
    Column(key="people", title="People", is_number=True, sorts=True, hides="lo mid"),
    Column(key="last", title="Last call", is_number=True, sorts=True, hides="lo mid"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    tenant: Tenant
    plans: str
    spent: Spent
    nearest: float | None
    people: int
    last: datetime | None


BY = {
    "name": lambda line: line.tenant.name.lower(),
    "status": lambda line: (line.tenant.status, line.tenant.name.lower()),
    "plan": lambda line: (line.plans, line.tenant.name.lower()),
    "spent": lambda line: line.spent.cost_nano_usd,
    "nearest": lambda line: -1 if line.nearest is None else line.nearest,
    "people": lambda line: line.people,
    "last": lambda line: line.last.timestamp() if line.last else 0,
}


def tenants(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    now, term, status = present(), request.GET.get("q", "").strip(), request.GET.get("status", "")
    lines = _lines(term, status, now)
    ordered = sorted_rows(lines, sort_key(request.GET, COLUMNS, default="-spent"), BY)
    number = _page_number(request.GET, len(ordered))
    shown = ordered[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]
    total = sum(line.spent.cost_nano_usd for line in lines)
    what = f"{count(len(lines))} tenant{'' if len(lines) == 1 else 's'}"
    table = Table.of(
        request.GET,
        columns=COLUMNS,
        rows=[_row(line, page["zone"]) for line in shown],
        total=(
            Cell(text=what),
            Cell(),
            Cell(),
            Cell(text=usd(total), exact=usd_exact(total)),
            Cell(),
            Cell(text=count(sum(line.people for line in lines))),
            Cell(),
        ),
        empty=_empty(term, status),
        caption="Tenants",
        default="-spent",
    )
    more = {
        "table": table,
        "term": term,
        "status": status,
        "statuses": [(value.value, word) for value, (word, _) in STATUS.items()],
        "before": with_query(request.GET, page=str(number - 1)) if number > 1 else "",
        "after": with_query(request.GET, page=str(number + 1)) if number * ON_A_PAGE < len(ordered) else "",
        "new": reverse("admin:new_tenant"),
        "most": MOST if len(lines) == MOST else 0,
    }
    return render(request, "admin_console/tenants.html", {**page, **more})


def _lines(term: str, status: str, now: datetime) -> list[Line]:
    live = ATIToken.objects.live(now).filter(tenant=OuterRef("pk")).order_by()
    rows = Tenant.objects.annotate(
        people=Coalesce(
            Subquery(
                User.objects.filter(tenant=OuterRef("pk"), is_active=True)
                .order_by()
                .values("tenant")
                .annotate(n=Count("pk"))
                .values("n")
            ),
            0,
        ),
        last=Subquery(
            ATIToken.objects.filter(tenant=OuterRef("pk"))
            .order_by()
            .values("tenant")
            .annotate(at=Max("last_used_at"))
            .values("at")
        ),
        plan_names=Subquery(
            live.values("tenant").annotate(names=ArrayAgg("plan_tier__name", distinct=True)).values("names")
        ),
    )
    if term:
        rows = rows.filter(Q(slug__icontains=term) | Q(name__icontains=term))
    if status in STATUS:
        rows = rows.filter(status=status)
    found = list(rows.order_by("slug")[:MOST])
    spent = spent_by_tenant(Bucket.MONTH, tenants=found, now=now)
    nearest = nearest_by_tenant(tenants=[row.pk for row in found], now=now)
    return [
        Line(
            tenant=row,
            plans=", ".join(row.plan_names or ()),
            spent=spent.get(row.pk, NOTHING),
            nearest=nearest.get(row.pk),
            people=row.people,
            last=row.last,
        )
        for row in found
    ]


def _row(line: Line, zone: Any) -> Row:
    tenant, cost = line.tenant, line.spent.cost_nano_usd
    word, tone = STATUS[Tenant.Status(tenant.status)]
    bar = None
    if line.nearest is not None:
        bar = budget_bar(
            title=f"Nearest budget of {tenant.name}",
            used=round(line.nearest * 10),
            held=0,
            limit=1_000,
            amount=lambda value: f"{value / 10:.1f} %",
        )
    return Row(
        cells=(
            Cell(
                text=tenant.name,
                url=reverse("admin:tenant_hub", args=[tenant.slug]),
                small=f"{tenant.slug}, {tenant.timezone}",
            ),
            Cell(tag=word, tone=tone),
            Cell(text=line.plans or "no live token"),
            Cell(
                text=usd(cost),
                exact=usd_exact(cost),
                url=to_page("explore", tenant=tenant.slug, range="month"),
            ),
            Cell(text="no budget" if line.nearest is None else f"{line.nearest:.1f} %", bar=bar),
            Cell(text=count(line.people)),
            Cell(text=when(line.last, zone) if line.last else "never"),
        )
    )


def _empty(term: str, status: str) -> Empty:
    if term or status:
        return Empty(
            title="Nobody is called so", text="No tenant fits the search.", button="Show all", url="?"
        )
    return Empty(
        title="No tenant yet",
        text="A tenant is a customer with its own people, tokens, plan and limits.",
        button="Create a tenant",
        url=reverse("admin:new_tenant"),
    )


def _page_number(query: QueryDict, rows: int) -> int:
    asked = query.get("page", "1")
    last = max(1, -(-rows // ON_A_PAGE))
    return min(int(asked), last) if asked.isdecimal() and asked != "0" and len(asked) < 6 else 1
