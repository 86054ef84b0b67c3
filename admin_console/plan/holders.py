"""Who has a plan: tenants with live tokens on it, and how many."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.urls import reverse

from admin_console.parts import Cell, Column, Empty, Row, Table
from metering.models import ATIToken

SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Who is on one plan."""

    tenants: int = 0
    tokens: int = 0


def held_plans(*, now: datetime) -> Mapping[str, Held]:
    """Tenants and live tokens by plan."""
    rows = (
        ATIToken.objects.live(now)
        .order_by()
        .values_list("plan_tier_id")
        .annotate(tenants=Count("tenant", distinct=True), tokens=Count("pk"))
    )
    return {plan: Held(tenants=tenants, tokens=tokens) for plan, tenants, tokens in rows}


def holders_table(code: str, *, now: datetime) -> Table:
    """The tenants on a plan, those with most tokens first."""
    rows: Any = (
        ATIToken.objects.live(now)
        .filter(plan_tier=code)
        .order_by()
        .values_list("tenant__slug", "tenant__name")
        .annotate(tokens=Count("pk"), people=Count("user", distinct=True))
        .order_by("-tokens", "tenant__name")
    )
    found = list(rows[: SHOWN + 1])
    more = len(found) > SHOWN
    found = found[:SHOWN]
    return Table(
        caption="Who has the plan",
        columns=(
            Column(key="tenant", title="Tenant"),
            Column(key="people", title="People with tokens", is_number=True),
            Column(key="tokens", title="Live tokens", is_number=True),
        ),
        rows=[
            Row(
                cells=(
                    Cell(text=name, url=reverse("admin:tenant_hub", args=(slug,))),
                    Cell(text=f"{people:,}"),
                    Cell(text=f"{tokens:,}"),
                )
            )
            for slug, name, tokens, people in found
        ],
        total=(
            Cell(text=f"{'the first ' if more else ''}{len(found):,} tenants"),
            Cell(text=f"{sum(row[3] for row in found):,}"),
            Cell(text=f"{sum(row[2] for row in found):,}"),
        )
        if found
        else (),
        empty=Empty(
            title="Nobody has this plan.",
            text="Issue a token on it, or move a tenant to it, and its limits count.",
            button="Issue a token",
            url=f"{reverse('admin:metering_atitoken_add')}?plan_tier={code}",
        ),
    )
