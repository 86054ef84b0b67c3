"""The overview: what people see first, each in their own reach."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from admin_console.budgets.rows import bar_of, edit_link
from admin_console.budgets.words import counts, forecast_words, names_for, whose
from admin_console.links import to_page
from admin_console.onboarding.beginning import what_is_missing
from admin_console.overview.cards import held_rows, spending_cards, traffic_cards
from admin_console.overview.chart import TITLES, cost_chart, headline, stack_switch
from admin_console.overview.lists import held_table, top_tables, vendor_table
from admin_console.overview.todo import todos
from admin_console.parts import Choice, FilterBar, Select
from admin_console.reach import reach_of
from admin_console.who import Viewer
from admin_console.wording import amount_of, usd
from metering.models import Tenant
from metering.overview.overview import Overview, stacks_for
from metering.overview.overview import overview as overview_of

RANGES = {"today": "today", "7d": "in 7 days", "30d": "in 30 days"}


def overview(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    now, zone = page["now"], page["zone"]
    reach = reach_of(request, viewer)
    stacks = stacks_for(reach)
    stack, range_ = request.GET.get("by", ""), request.GET.get("range", "")
    stack = stack if stack in stacks else stacks[0]
    range_ = range_ if range_ in RANGES else "today"
    facts = overview_of(reach, now=now, stack=stack, range_=range_)
    kept = {"tenant": reach.tenant.slug} if viewer.tenant is None and reach.tenant is not None else {}
    is_operator = viewer.tenant is None
    shown = {
        "facts": facts,
        "filters": _filters(request, viewer),
        "spending": spending_cards(facts, now=now, zone=zone, kept=kept),
        "traffic": traffic_cards(facts, range_, kept),
        "traffic_title": f"Calls {RANGES[range_]}",
        "chart": cost_chart(facts, kept),
        "chart_title": f"Cost by {TITLES[stack]}, last 30 days",
        "headline": headline(facts, zone),
        "stacks": stack_switch(request.GET, facts, stacks),
        "todos": todos(facts.alerts, viewer, zone=zone, tenant=reach.tenant),
        "tops": top_tables(facts, range_, RANGES[range_], kept),
        "held": held_table(facts, now=now, zone=zone, with_tenant=is_operator and reach.tenant is None),
        "held_usd": usd(facts.in_flight.held_nano_usd),
        "held_url": held_rows(kept),
        "near": _near(facts, viewer, page),
        "budgets_url": to_page("budgets", **kept),
        "vendors": vendor_table(facts, range_, now=now, may_open=is_operator),
        "vendors_title": f"Vendors {RANGES[range_]}",
        "is_own": reach.is_own,
        "may_add_tenant": is_operator,
        "beginning": None if facts.in_flight.calls or any(facts.tops.values()) else what_is_missing(viewer),
    }
    return render(request, "admin_console/overview.html", {**page, **shown})


def _filters(request: HttpRequest, viewer: Viewer) -> FilterBar:
    selects: tuple[Select, ...] = ()
    if viewer.tenant is None:
        rows = Tenant.objects.order_by("name").values_list("slug", "name")
        choices = tuple(Choice(value=slug, label=name) for slug, name in rows)
        selects = (Select(name="tenant", label="Tenant", choices=choices),)
    return FilterBar.of(
        request.GET, ranges=True, default_range="today", only_ranges=tuple(RANGES), selects=selects
    )


def _near(facts: Overview, viewer: Viewer, page: dict[str, Any]) -> list[dict[str, Any]]:
    """Budgets over 80 %, in words and as bars."""
    names = names_for(facts.near)
    found = []
    for line in facts.near:
        limit, title = line.status.limit, whose(line, names)
        amount, when = forecast_words(line, page["now"], page["zone"])
        found.append(
            {
                "title": title,
                "url": edit_link(line, viewer) or to_page("budgets"),
                "counts": counts(line),
                "owner": line.status.tenant_slug if viewer.tenant is None else "",
                "taken": amount_of(limit.dimension, line.taken),
                "limit": amount_of(limit.dimension, limit.amount),
                "bar": bar_of(line, f"{title}, {counts(line)}"),
                "percent": f"{line.status.percent:.1f} %",
                "held": amount_of(limit.dimension, line.status.held),
                "left": amount_of(limit.dimension, line.status.remaining),
                "forecast": amount,
                "when": when,
                "is_bad": line.will_be_used_up or line.taken >= limit.amount,
            }
        )
    return found
