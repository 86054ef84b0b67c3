"""The page of budgets: every limit against its use, the nearest first."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from admin_console.budgets.choose import SHOWN, chosen_lines, filter_bar
from admin_console.budgets.rows import COLUMNS, order, row_of
from admin_console.budgets.words import counts, filters_for, names_for, whose
from admin_console.parts import Empty, Table, matching, sort_key, sorted_rows
from admin_console.reach import reach_of
from admin_console.who import Viewer
from metering.models import Tenant
from metering.overview.budgets import budget_lines

NEAREST = "-used"


def budgets(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    now, zone = page["now"], page["zone"]
    lines = budget_lines(reach_of(request, viewer), now=now)
    names, filters = names_for(lines), filters_for(lines)
    chosen = chosen_lines(request.GET, lines)
    tenants = dict(Tenant.objects.values_list("slug", "name")) if viewer.tenant is None else {}
    chosen = matching(
        request.GET,
        chosen,
        lambda line: (whose(line, names), counts(line), tenants.get(line.status.tenant_slug or "", "")),
    )
    key = sort_key(request.GET, COLUMNS, default=NEAREST)
    if key != NEAREST:
        chosen = sorted_rows(chosen, key, order(names))
    table = Table.of(
        request.GET,
        columns=COLUMNS,
        rows=[
            row_of(line, names, filters, viewer, now=now, zone=zone, tenants=tenants)
            for line in chosen[:SHOWN]
        ],
        empty=_empty(viewer, has_any=bool(lines)),
        caption="Budgets, nearest their limit first",
        default=NEAREST,
        as_cards=True,
    )
    shown = {
        "filters": filter_bar(request.GET, lines, tenants),
        "table": table,
        "count": len(chosen),
        "shown": min(len(chosen), SHOWN),
        "is_nearest_first": key == NEAREST,
        "add_url": add_url(viewer),
        "requests_url": reverse("admin:quota_requests") if viewer.tenant is not None else "",
        "has_overrides": any(line.status.override for line in chosen[:SHOWN]),
    }
    return render(request, "admin_console/budgets.html", {**page, **shown})


def _empty(viewer: Viewer, *, has_any: bool) -> Empty:
    if has_any:
        return Empty(
            title="No budget is like this",
            text="Take a filter back to see others.",
            button="All budgets",
            url="?",
        )
    if viewer.tenant is None:
        return Empty(
            title="There is no budget yet",
            text="A budget says how much a tenant, a team, a person or a token may spend or use in a window of time.",
            button="Add a budget",
            url="/admin/metering/budget/add/",
        )
    if viewer.own_only:
        return Empty(
            title="Nothing limits what you use",
            text="Administrators of your tenant can set budgets.",
            button="What your plan allows",
            url=reverse("admin:my_plan"),
        )
    return Empty(
        title="There is no budget yet",
        text="A budget keeps one team, person or token from using up what is for all.",
        button="Add a budget",
        url=add_url(viewer),
    )


def add_url(viewer: Viewer) -> str:
    """Where the viewer sets a budget; empty for whoever may not."""
    if viewer.own_only:
        return ""
    return reverse("admin:metering_budget_add" if viewer.tenant is None else "admin:limit_budget")
