"""People of a tenant: who they are, what they may, when they were here and what they spend."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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
from admin_console.people.rows import MOST, Person, people_of
from admin_console.people.tabs import address, tabs
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.who import Viewer
from admin_console.wording import usd, usd_exact, when
from metering.models import Team, Tenant, User

ROLES = {User.Role.TENANT_ADMIN: "Administrator", User.Role.MEMBER: "Member"}
COLUMNS = (
    Column(key="person", title="Person", sorts=True),
    Column(key="role", title="Role", sorts=True, hides="mid"),
    Column(key="teams", title="Teams", hides="mid"),
    Column(key="seen", title="Last sign-in", sorts=True, hides="mid"),
    Column(key="spent", title="Spent this month", is_number=True, sorts=True),
)
LONG_AGO = ""
BY = {
    "person": lambda person: person.email,
    "role": lambda person: (ROLES.get(person.role, person.role), person.email),
    "seen": lambda person: person.last_login.isoformat() if person.last_login else LONG_AGO,
    "spent": lambda person: person.spent,
}


def people(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    found = people_of(tenant, request.GET, now=now())
    found = sorted_rows(found, sort_key(request.GET, COLUMNS, default="person"), BY)
    pages = Pages.of(request.GET, found)
    shown = {
        "tenant": tenant,
        "tabs": tabs(viewer, tenant, "people"),
        "invite_url": address("invite", viewer, tenant),
        "filters": _filters(request, tenant),
        "table": _table(request, viewer, tenant, pages, found, page["zone"]),
        "pages": pages,
        "is_cut": len(found) == MOST,
    }
    return render(request, "admin_console/people.html", {**page, **shown})


def _filters(request: HttpRequest, tenant: Tenant) -> FilterBar:
    teams = Team.objects.for_tenant(tenant).order_by("name").values_list("slug", "name")[:500]
    selects = (
        Select(name="role", label="Role", choices=tuple(Choice(value=v, label=w) for v, w in ROLES.items())),
        Select(name="team", label="Team", choices=tuple(Choice(value=v, label=w) for v, w in teams)),
        Select(
            name="state",
            label="State",
            choices=(
                Choice(value="active", label="Active"),
                Choice(value="deactivated", label="Deactivated"),
            ),
        ),
    )
    return FilterBar.of(request.GET, selects=selects, search="Name or address")


def _table(
    request: HttpRequest, viewer: Viewer, tenant: Tenant, pages: Pages[Person], found: list[Person], zone: Any
) -> Table:
    total = sum(person.spent for person in found)
    return Table.of(
        request.GET,
        columns=COLUMNS,
        rows=[_row(viewer, tenant, person, zone) for person in pages.rows],
        total=(
            Cell(text=f"{len(found):,} people"),
            Cell(),
            Cell(),
            Cell(),
            Cell(text=usd(total), exact=usd_exact(total)),
        ),
        empty=Empty(
            title="Nobody is here",
            text="No person of this tenant is like that. People sign in, see their own use, and are told of limits.",
            button="Invite somebody",
            url=address("invite", viewer, tenant),
        ),
        caption="People",
        default="person",
    )


def _row(viewer: Viewer, tenant: Tenant, person: Person, zone: Any) -> Row:
    is_admin = person.role == User.Role.TENANT_ADMIN
    return Row(
        cells=(
            Cell(
                text=person.email,
                url=address("person", viewer, tenant, user=person.email),
                small=person.name,
                tag="" if person.is_active else "deactivated",
                tone="warn",
            ),
            Cell(tag=ROLES.get(User.Role(person.role), person.role), tone="info" if is_admin else ""),
            Cell(text=", ".join(person.teams) or "-"),
            Cell(text=when(person.last_login, zone) if person.last_login else "never"),
            Cell(
                text=usd(person.spent),
                exact=usd_exact(person.spent),
                url=address("explore", viewer, tenant, user=person.email, range="month"),
            ),
        )
    )
