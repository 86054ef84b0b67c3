"""The page of one tenant: how this customer stands, and what can be done. Operators see any, an admin the own one."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now as present

from admin_console.parts import Figure, budget_bar
from admin_console.people.tabs import address
from admin_console.tenant.budgets import Budgets, budgets_of
from admin_console.tenant.changes import changes_of
from admin_console.tenant.denials import Denials, denials_of
from admin_console.tenant.limits import limits_for
from admin_console.tenant.links import page_url
from admin_console.tenant.people_table import People, people_of, teams_of
from admin_console.tenant.reach import tenant_in_reach
from admin_console.tenant.tokens_table import Tokens, tokens_of
from admin_console.tenant.waiting import waiting_for
from admin_console.who import Viewer
from admin_console.wording import count, duration, usd, usd_exact, when
from admin_console.zone import zone_of_tenant
from metering.ledger.windows import window_bounds
from metering.models import ATIToken, Plan, Tenant
from metering.reports.buckets import Bucket
from metering.reports.spend import Spent, spent, spent_by
from metering.types import Window
from metering.usage.status import BudgetStatus

STATUS = {
    Tenant.Status.ACTIVE: ("Active", "ok"),
    Tenant.Status.SUSPENDED: ("Suspended", "bad"),
    Tenant.Status.CLOSED: ("Closed", "bad"),
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MODES = {
    "enforce": "limits enforced",
    "warn": "limits only warn",
    "observe": "limits only noted",
}

MORE = {
    "statements": "Statements",
    "channels": "Channels",
    "limits": "Limits",
    "my_plan": "Plan",
    "invitations": "Invitations",
    "vendor_keys": "Vendor keys",
    "quota_requests": "Quota requests",
}
"""The tenant's other pages."""


def hub(request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str | None = None) -> HttpResponse:
    return show_hub(request, viewer, page, tenant_in_reach(viewer, slug))


def show_hub(
    request: HttpRequest, viewer: Viewer, page: dict[str, Any], tenant: Tenant, **more: Any
) -> HttpResponse:
    """The page, perhaps with what has just been made on it."""
    now, zone, is_operator = present(), zone_of_tenant(tenant), viewer.tenant is None
    today = spent(Bucket.DAY, tenant=tenant, now=now)
    month = spent(Bucket.MONTH, tenant=tenant, now=now)
    day_start, _ = window_bounds(Window.DAY, now, timezone=tenant.timezone)
    budgets = budgets_of(tenant, now=now, zone=zone, is_operator=is_operator)
    denials = denials_of(tenant, since=day_start, zone=zone, is_operator=is_operator)
    tokens = tokens_of(
        tenant, today=spent_by("token", Bucket.DAY, tenant=tenant, now=now), now=now, zone=zone
    )
    people = people_of(tenant, month=spent_by("user", Bucket.MONTH, tenant=tenant, now=now))
    shown = {
        "title": tenant.name,
        "zone": zone,
        "tenant": tenant,
        "status": STATUS[Tenant.Status(tenant.status)],
        "plans": _plans(tenant, now),
        "about": _about(tenant, zone),
        "is_operator": is_operator,
        "links": _links(tenant, is_operator),
        "more_links": [(label, address(name, viewer, tenant)) for name, label in MORE.items()],
        "figures": _figures(_Standing(tenant, today, month, budgets, denials, tokens, people), now, zone),
        "budgets": budgets,
        "denials": denials,
        "tokens": tokens,
        "people": people,
        "teams": teams_of(tenant, month=spent_by("team", Bucket.MONTH, tenant=tenant, now=now)),
        "waiting": waiting_for(tenant, zone=zone),
        "changes": changes_of(tenant, zone=zone, is_operator=is_operator),
        "limits": limits_for(request, viewer, tenant, now=now, zone=zone),
        **more,
    }
    return render(request, "admin_console/tenant.html", {**page, **shown})


def _plans(tenant: Tenant, now: datetime) -> list[str]:
    """Those that its live tokens are on."""
    live = ATIToken.objects.for_tenant(tenant).live(now)
    return list(
        Plan.objects.filter(pk__in=live.order_by().values("plan_tier")).values_list("name", flat=True)
    )


def _about(tenant: Tenant, zone: tzinfo) -> str:
    made = tenant.created_at.astimezone(zone)
    return (
        f"{tenant.timezone}, week starts on {WEEKDAYS[tenant.week_start]}, {MODES[tenant.enforcement_mode]}, "
        f"since {made.day} {made:%b %Y}"
    )


def _links(tenant: Tenant, is_operator: bool) -> dict[str, str]:
    """Everything that can be done, filled in with the tenant."""
    slug = tenant.slug
    links = {
        "issue": reverse("admin:tenant_issue", args=[slug]) if tenant.status != Tenant.Status.CLOSED else "",
        "explore": page_url("explore", tenant=slug, range="month"),
        "activity": page_url("activity", tenant=slug),
        "budgets": page_url("budgets", tenant=slug),
        "people": page_url("people", tenant=_said(slug, is_operator)),
        "add_person": page_url("invite", tenant=_said(slug, is_operator)),
        "teams": page_url("teams", tenant=_said(slug, is_operator)),
        "tokens": page_url("tokens", tenant=_said(slug, is_operator)),
        "audit": page_url("audit", tenant=_said(slug, is_operator)),
    }
    if not is_operator:
        return links | {"budget": page_url("limit_budget"), "rule": page_url("limit_rule")}
    closed = tenant.status == Tenant.Status.CLOSED
    return links | {
        "budget": page_url("metering_budget_add", scope="tenant", tenant=slug),
        "rule": page_url("metering_policyrule_add", scope="tenant", tenant=slug),
        "plan": reverse("admin:tenant_plan", args=[slug]),
        "status": "" if closed else reverse("admin:tenant_status", args=[slug]),
        "advanced": reverse("admin:metering_tenant_change", args=[tenant.pk]),
    }


def _said(slug: str, is_operator: bool) -> str | None:
    """Operators name the tenant; to its own people it is theirs."""
    return slug if is_operator else None


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the figures are made of."""

    tenant: Tenant
    today: Spent
    month: Spent
    budgets: Budgets
    denials: Denials
    tokens: Tokens
    people: People


def _figures(of: _Standing, now: datetime, zone: tzinfo) -> list[Figure]:
    slug = of.tenant.slug
    last = (
        ATIToken.objects.for_tenant(of.tenant)
        .exclude(last_used_at=None)
        .order_by("-last_used_at")
        .values_list("last_used_at", flat=True)
        .first()
    )
    return [
        _spent_figure(
            "spent_today",
            "Spent today",
            of.today,
            of.budgets.day,
            now,
            page_url("activity", tenant=slug, range="today"),
        ),
        _spent_figure(
            "spent_month",
            "Spent this month",
            of.month,
            of.budgets.month,
            now,
            page_url("explore", tenant=slug, range="month"),
        ),
        Figure(
            name="refused_today",
            label="Refused today",
            value=count(of.denials.calls),
            beside=f"beside {count(of.today.requests)} calls",
            note=of.denials.lines[0].what if of.denials.lines else "nothing stood in the way",
            url=page_url("activity", tenant=slug, range="today", status="refused") or "#denials",
        ),
        Figure(
            name="people_and_tokens",
            label="People and tokens",
            value=f"{count(of.people.total)} and {count(of.tokens.live)}",
            note=f"last call {when(last, zone)}" if last else "no call yet",
            url="#people",
        ),
    ]


def _spent_figure(
    name: str, label: str, spent: Spent, budget: BudgetStatus | None, now: datetime, url: str
) -> Figure:
    """An amount against the tenant's own budget, if it has one."""
    cost = spent.cost_nano_usd
    if budget is None:
        note = f"{count(spent.requests)} calls, no budget of the whole tenant"
        return Figure(name=name, label=label, value=usd(cost), exact=usd_exact(cost), note=note, url=url)
    limit = budget.limit.amount
    resets = f", resets in {duration((budget.reset_at - now).total_seconds())}" if budget.reset_at else ""
    return Figure(
        name=name,
        label=label,
        value=usd(cost),
        exact=usd_exact(cost),
        beside=f"of {usd(limit)}",
        note=f"{usd(budget.held)} held, {usd(budget.remaining)} left{resets}",
        bar=budget_bar(title=label, used=budget.used, held=budget.held, limit=limit, amount=usd),
        url=url,
    )
