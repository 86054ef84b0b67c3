"""Teams of a tenant: who is in them, what they spend; new ones, other names, and people put in and taken out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.doing import is_accepted, signed
from admin_console.paging import Pages
from admin_console.parts import (
    Cell,
    Column,
    Empty,
    FilterBar,
    Row,
    Table,
    matching,
    sort_key,
    sorted_rows,
    typed,
)
from admin_console.people.forms import TeamForm
from admin_console.people.tabs import address, tabs
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.spend import spent_this_month
from admin_console.who import Viewer
from admin_console.wording import usd, usd_exact
from metering.identity.people.create_team import create_team
from metering.models import Team, Tenant

MOST = 1_000
COLUMNS = (
    Column(key="team", title="Team", sorts=True),
    Column(key="people", title="People", is_number=True, sorts=True),
    Column(key="spent", title="Spent this month", is_number=True, sorts=True),
)


def teams(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by = {name: value for name, value in signed(request, viewer).items() if name != "ceiling"}
        values = form.cleaned_data
        if is_accepted(form, lambda: create_team(tenant=tenant, **values, **by)):
            messages.success(request, f"There is a team {values['name']}. Put its people in.")
            return redirect(address("team", viewer, tenant, team=values["slug"]))
    found = Team.objects.for_tenant(tenant).annotate(people=Count("memberships")).order_by("name")[:MOST]
    spent = spent_this_month(tenant, by="team", now=now())
    order = {
        "team": lambda team: team.name.lower(),
        "people": lambda team: team.people,
        "spent": lambda team: spent.get(team.pk, 0),
    }
    found = matching(request.GET, found, lambda team: (team.name, team.slug))
    rows = sorted_rows(found, sort_key(request.GET, COLUMNS, default="team"), order)
    pages = Pages.of(request.GET, rows)
    lines = [_row(viewer, tenant, team, spent.get(team.pk, 0)) for team in pages.rows]
    empty = Empty(
        title="No team is called that" if typed(request.GET) else "No team yet",
        text="A team has people, and can have budgets and tokens of its own.",
        button="Create a team",
        url="#new-team",
    )
    shown = {
        "tenant": tenant,
        "tabs": tabs(viewer, tenant, "teams"),
        "invite_url": address("invite", viewer, tenant),
        "filters": FilterBar.of(request.GET, search="Name") if rows or typed(request.GET) else None,
        "table": Table.of(
            request.GET,
            columns=COLUMNS,
            rows=lines,
            total=_total(rows, spent),
            empty=empty,
            caption="Teams",
            default="team",
        ),
        "pages": pages,
        "form": form,
    }
    return render(request, "admin_console/teams.html", {**page, **shown})


def _total(rows: list[Any], spent: Mapping[UUID, int]) -> tuple[Cell, ...]:
    total = sum(spent.get(team.pk, 0) for team in rows)
    return (
        Cell(text=f"{len(rows):,} {'team' if len(rows) == 1 else 'teams'}"),
        Cell(),
        Cell(text=usd(total), exact=usd_exact(total)),
    )


def _row(viewer: Viewer, tenant: Tenant, team: Any, spent: int) -> Row:
    return Row(
        cells=(
            Cell(text=team.name, url=address("team", viewer, tenant, team=team.slug), small=team.slug),
            Cell(text=f"{team.people:,}"),
            Cell(
                text=usd(spent),
                exact=usd_exact(spent),
                url=address("explore", viewer, tenant, team=team.slug, range="month"),
            ),
        )
    )
