"""The tokens of a tenant: plan, narrowing, last use and spend."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.paging import Pages
from admin_console.parts import (
    Cell,
    Choice,
    Column,
    Empty,
    FilterBar,
    Row,
    Select,
    Table,
    sort_key,
    sorted_rows,
)
from admin_console.people.tabs import address, issue_address
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.spend import spent_this_month
from admin_console.token_pages.rows import narrowing_words, task_names, tokens_in_reach, tokens_meant, whose
from admin_console.who import Viewer
from admin_console.wording import usd, usd_exact, when
from metering.identity.tokens.state import state_of
from metering.models import ATIToken, Plan, Tenant

TONES = {"live": "ok", "expired": "warn", "revoked": "bad"}
COLUMNS = (
    Column(key="token", title="Token", sorts=True),
    Column(key="whose", title="For", hides="mid"),
    Column(key="plan", title="Plan", sorts=True, hides="mid"),
    Column(key="may", title="May do", hides="lo"),
    Column(key="ends", title="Ends", sorts=True, hides="lo"),
    Column(key="used", title="Last used", sorts=True),
    Column(key="spent", title="Spent this month", is_number=True, sorts=True),
)
EVER = "9999"


def tokens(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    spent = spent_this_month(tenant, by="token", now=now())
    order = {
        "token": lambda token: (token.name.lower(), token.prefix),
        "plan": lambda token: token.plan_tier_id,
        "ends": lambda token: token.expires_at.isoformat() if token.expires_at else EVER,
        "used": lambda token: token.last_used_at.isoformat() if token.last_used_at else "",
        "spent": lambda token: spent.get(token.pk, 0),
    }
    meant = tokens_meant(viewer, tenant, request.GET, now=now())
    found = sorted_rows(meant, sort_key(request.GET, COLUMNS, default="token"), order)
    pages = Pages.of(request.GET, found)
    shown = {
        "title": "My tokens" if viewer.own_only else "Tokens",
        "tenant": tenant,
        "issue_url": "" if viewer.own_only else issue_address(tenant),
        "filters": _filters(request, viewer, tenant),
        "table": _table(request, viewer, tenant, pages, found, spent, page["zone"]),
        "pages": pages,
    }
    return render(request, "admin_console/tokens.html", {**page, **shown})


def _filters(request: HttpRequest, viewer: Viewer, tenant: Tenant) -> FilterBar:
    """Plans are those of tokens in sight: others are no business of a tenant's people."""
    states = (("expired", "Expired"), ("revoked", "Revoked"), ("all", "All"))
    here = tokens_in_reach(viewer, tenant).order_by().values("plan_tier")
    plans = Plan.objects.filter(pk__in=here).order_by("code").values_list("code", "name")[:500]
    selects = (
        Select(
            name="state",
            label="State",
            any_label="Live",
            choices=tuple(Choice(value=value, label=label) for value, label in states),
        ),
        Select(name="plan", label="Plan", choices=tuple(Choice(value=v, label=w) for v, w in plans)),
    )
    return FilterBar.of(request.GET, selects=selects, search="Name, person or beginning")


def _table(
    request: HttpRequest,
    viewer: Viewer,
    tenant: Tenant,
    pages: Pages[ATIToken],
    found: list[ATIToken],
    spent: dict[UUID, int],
    zone: Any,
) -> Table:
    total = sum(spent.get(token.pk, 0) for token in found)
    tasks = task_names()
    return Table.of(
        request.GET,
        columns=COLUMNS,
        rows=[_row(viewer, tenant, token, spent.get(token.pk, 0), tasks, zone) for token in pages.rows],
        total=(
            Cell(text=f"{len(found):,} {'token' if len(found) == 1 else 'tokens'}"),
            *(Cell() for _ in COLUMNS[2:]),
            Cell(text=usd(total), exact=usd_exact(total)),
        ),
        empty=_empty(viewer, tenant, is_narrowed=bool(request.GET.keys() - {"tenant"})),
        caption="Tokens",
        default="token",
    )


def _empty(viewer: Viewer, tenant: Tenant, *, is_narrowed: bool) -> Empty:
    if viewer.own_only:
        return Empty(
            title="No token is yours",
            text="With one, your programs call models in your name. An administrator of yours can issue one to you.",
            button="What your plan allows",
            url=reverse("admin:my_plan"),
        )
    return Empty(
        title="No token is like that" if is_narrowed else "There is no token yet",
        text="Programs call models with a token, and people sign up with one.",
        button="Issue a token",
        url=issue_address(tenant),
    )


def _row(
    viewer: Viewer, tenant: Tenant, token: ATIToken, spent: int, tasks: dict[str, str], zone: Any
) -> Row:
    state = state_of(token, now=now())
    return Row(
        cells=(
            Cell(
                text=token.name or "Unnamed",
                url=address("token", viewer, tenant, token=token.prefix),
                small=f"{token.prefix}…",
                tag="" if state == "live" else state,
                tone=TONES[state],
            ),
            Cell(text=whose(token)),
            Cell(text=token.plan_tier_id),
            Cell(text="; ".join(narrowing_words(token, tasks)) or "all of the plan"),
            Cell(text=when(token.expires_at, zone) if token.expires_at else "never"),
            Cell(text=when(token.last_used_at, zone) if token.last_used_at else "never"),
            Cell(
                text=usd(spent),
                exact=usd_exact(spent),
                url=address("explore", viewer, tenant, token=token.prefix, range="month"),
            ),
        )
    )
