"""The page that waits for a tenant's first call: what it was, what it cost, or why it was refused."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from admin_console.activity.lines import LogRow, log_rows
from admin_console.activity.why_refused import WHAT_TO_DO
from admin_console.parts import Empty
from admin_console.tenant.reach import hub_url, tenant_in_reach
from admin_console.tenant.ready_lines import lines_for
from admin_console.who import Viewer
from admin_console.zone import zone_of_tenant
from metering.activity.line import LogLine
from metering.activity.names import Names
from metering.models import ATIToken, Tenant
from metering.onboarding.first_call import FirstCall, first_call


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is seen at this moment, in the words of the page. The page looks again until `call` is there."""

    url: str
    hub_url: str
    call: LogRow | None = None
    is_beginning: bool = True
    in_flight: LogRow | None = None
    refused: LogRow | None = None
    why: str = ""
    what_to_do: str = ""


def first_call_page(request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str) -> HttpResponse:
    tenant = tenant_in_reach(viewer, slug)
    live = ATIToken.objects.for_tenant(tenant).live(page["now"]).select_related("plan_tier")
    token = live.order_by("-id").first()
    shown = {
        "title": f"First call of {tenant.name}",
        "zone": zone_of_tenant(tenant),
        "tenant": tenant,
        "watched": watched(tenant, viewer, page["now"]),
        "lines": lines_for(request, token) if token is not None else None,
        "no_token": Empty(
            title="There is no live token",
            text="An application calls the gateway with a token.",
            button="Issue a token",
            url=reverse("admin:tenant_issue", args=[tenant.slug]),
        ),
    }
    return render(request, "admin_console/onboarding/first_call.html", {**page, **shown})


def watched(tenant: Tenant, viewer: Viewer, now: datetime) -> Watched:
    seen, zone = first_call(tenant), zone_of_tenant(tenant)
    return Watched(
        url=reverse("admin:tenant_first_call", args=[tenant.slug]),
        hub_url=hub_url(viewer, tenant),
        call=_row(seen.call, zone, now),
        is_beginning=seen.is_beginning,
        in_flight=_row(seen.in_flight, zone, now),
        refused=_row(seen.refused, zone, now),
        **_reason(seen),
    )


def _row(line: LogLine | None, zone: tzinfo, now: datetime) -> LogRow | None:
    if line is None:
        return None
    [row] = log_rows([line], Names.of([line]), zone, now, with_tenant=False)
    return row


def _reason(seen: FirstCall) -> dict[str, str]:
    if seen.refused is None:
        return {}
    return {"why": seen.refused.message, "what_to_do": WHAT_TO_DO.get(seen.refused.code, "")}
