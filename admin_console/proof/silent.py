"""One tenant's silent phase: whether it may be enforced, and what would have been denied."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from admin_console.parts import Cell, Column, Empty, Figure, Row, Table
from admin_console.proof.words import fine_percent
from admin_console.tenant.reach import tenant_in_reach
from admin_console.who import Viewer
from admin_console.wording import count, percent, usd, usd_exact, when
from metering.errors import MeteringError
from metering.proof.silent_phase import SilentPhase, silent_phase
from metering.simulation.replay import Tally
from metering.simulation.replay_at_once import MAX_BEFORE, MAX_CALLS

DAYS = 14


def silent(request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str) -> HttpResponse:
    tenant, now = tenant_in_reach(viewer, slug), page["now"]
    problem, shown = "", {}
    try:
        found = silent_phase(
            tenant,
            since=now - timedelta(days=DAYS),
            until=now,
            most_calls=MAX_CALLS,
            most_before=MAX_BEFORE,
        )
        shown = _shown(found, page)
    except MeteringError as error:
        problem = f"{error.message} manage.py silent_phase --tenant {tenant.slug} has no bound."
    more = {"tenant": tenant, "problem": problem, "days": DAYS, "back": reverse("admin:proof")}
    return render(request, "admin_console/silent_phase.html", {**page, **shown, **more})


def _shown(found: SilentPhase, page: dict[str, Any]) -> dict[str, Any]:
    return {
        "found": found,
        "mode_since": when(found.mode_since, page["zone"]),
        "figures": [
            Figure(
                name="denied",
                label="Would have been denied",
                value=count(found.denied.calls),
                beside=f"of {count(found.calls.calls)} calls",
                note=f"{percent(found.denied_share)}, which cost {usd(found.denied.cost_nano_usd)}; "
                f"{count(found.denied_anyway.calls)} are denied in any case",
            ),
            Figure(
                name="cost",
                label="They all cost",
                value=usd(found.calls.cost_nano_usd),
                exact=usd_exact(found.calls.cost_nano_usd),
                note=f"{fine_percent(found.exact_share)} by vendors' own figures",
            ),
            Figure(
                name="observed",
                label="Noted as they came",
                value=count(sum(found.observed.values())),
                note="by the decision log, which counts what was really asked for",
            ),
        ],
        "by_rule": _table(
            "Limit", [(f"{rule} ({code})", tally) for (rule, code), tally in found.by_rule.items()]
        ),
        "by_whom": _table("Whose calls", [(each.name, each.tally) for each in found.by_whom]),
        "edit_url": reverse("admin:metering_tenant_change", args=[found.tenant.pk]),
    }


def _table(title: str, tallies: list[tuple[str, Tally]]) -> Table:
    columns = (
        Column(key="name", title=title),
        Column(key="calls", title="Calls", is_number=True),
        Column(key="cost", title="Cost", is_number=True),
    )
    rows = [
        Row(
            cells=(
                Cell(text=name),
                Cell(text=count(tally.calls)),
                Cell(text=usd(tally.cost_nano_usd), exact=usd_exact(tally.cost_nano_usd)),
            )
        )
        for name, tally in tallies
    ]
    return Table(
        columns=columns,
        rows=rows,
        empty=Empty(title="None", text="No call would have been denied."),
        caption=title,
    )
