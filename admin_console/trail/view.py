"""Who did what when: a line for each change, the newest or oldest first, held still by its cursor while the trail
grows.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from admin_console.parts import Cell, Choice, Column, Empty, FilterBar, Row, Select, Table, typed, with_query
from admin_console.reach import tenant_selects
from admin_console.trail.asked import OLDEST, AskedTrail, asked_trail, cursor_in_url, written
from admin_console.who import Viewer
from admin_console.wording import when
from metering.audit_trail.entries import AN_OPERATOR, Entry, people_in
from metering.audit_trail.lines import trail_as_csv
from metering.audit_trail.nouns import NOUNS
from metering.audit_trail.read_trail import OPERATOR
from metering.audit_trail.search_trail import MOST as SEARCHED
from metering.audit_trail.search_trail import search_trail
from metering.audit_trail.values import NONE

LINES = 50
NEWEST = f"-{OLDEST}"
MOST_PEOPLE = 500
COLUMNS = (
    Column(key="what", title="Who did what"),
    Column(key="noun", title="About", hides="mid"),
    Column(key="tenant", title="Tenant", hides="mid"),
    Column(key="when", title="When", sorts=True),
)


def trail(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    asked = asked_trail(request, viewer)
    words, cursor = typed(request.GET).lower().split(), cursor_in_url(request)
    entries, after = search_trail(
        asked.filter, words, tenant=viewer.tenant, zone=page["zone"], limit=LINES, after=cursor
    )
    shown = {
        "filters": _filters(request, asked, viewer),
        "problems": asked.problems,
        "table": _table(request, entries, page["zone"], with_tenant=viewer.tenant is None),
        "first": with_query(request.GET) if "cursor" in request.GET else "",
        "oldest_first": asked.filter.oldest_first,
        "looked_at": SEARCHED if words and after is not None and len(entries) < LINES else 0,
        "further": with_query(request.GET, cursor=written(after)) if after is not None else "",
        "csv": reverse("admin:audit_csv") + with_query(request.GET),
    }
    return render(request, "admin_console/trail.html", {**page, **shown})


def trail_csv(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponseBase:
    """The same without an end of pages."""
    asked = asked_trail(request, viewer)
    return StreamingHttpResponse(
        trail_as_csv(
            asked.filter,
            words=typed(request.GET).lower().split(),
            tenant=viewer.tenant,
            zone=page["zone"],
        ),
        content_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="audit.csv"', "cache-control": "no-store"},
    )


def _filters(request: HttpRequest, asked: AskedTrail, viewer: Viewer) -> FilterBar:
    tenant = asked.filter.tenant
    nouns = tuple(Choice(value=noun, label=noun.capitalize()) for noun in NOUNS)
    selects = [Select(name="noun", label="About", choices=nouns)]
    if tenant is not None:
        people = [*people_in(tenant, most=MOST_PEOPLE), (OPERATOR, AN_OPERATOR)]
        choices = tuple(Choice(value=email, label=label) for email, label in people)
        selects.append(Select(name="person", label="Who", choices=choices))
    selects += tenant_selects(viewer)
    bar = FilterBar.of(request.GET, ranges=True, selects=tuple(selects), search="Who, what or whom")
    return bar.with_days(asked.days)


def _table(request: HttpRequest, entries: list[Entry], zone: Any, *, with_tenant: bool) -> Table:
    columns = tuple(column for column in COLUMNS if with_tenant or column.key != "tenant")
    return Table.of(
        request.GET,
        columns=columns,
        rows=[_row(entry, zone, with_tenant=with_tenant) for entry in entries],
        empty=Empty(
            title="Nothing was changed",
            text="Every change of people, teams, tokens, limits and keys is listed here. "
            "There is none like this in these days.",
            button="All of the last 30 days",
            url="?range=30d",
        ),
        caption="Changes",
        default=NEWEST,
    )


def _row(entry: Entry, zone: Any, *, with_tenant: bool) -> Row:
    cells = (
        Cell(text=entry.sentence, small=_changes(entry)),
        Cell(tag=entry.noun),
        *((Cell(text=entry.tenant or "the gateway"),) if with_tenant else ()),
        Cell(text=when(entry.at, zone)),
    )
    return Row(cells=cells)


def _changes(entry: Entry) -> str:
    """What the sentence has not said."""
    return "; ".join(
        f"{change.field}: {'' if change.before == NONE else f'{change.before} → '}{change.after}"
        for change in entry.changes
        if change.after not in entry.sentence
    )
