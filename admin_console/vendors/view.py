"""The page of vendors. Asking one spends nothing, waits ten seconds at most, and never shows a key."""

import os
import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.utils.timezone import now

from admin_console.vendors.lines import vendor_lines
from admin_console.who import Viewer
from metering.catalog.check_providers import Probe, ProviderCheck, check_providers
from metering.catalog.vendor_states import MOST_CALLS, vendor_states
from metering.models import Provider
from metering.reports.explore import explore
from metering.usage.filters import UsageFilter


def vendors(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    moment, text = now(), request.GET.get("q", "").strip().lower()
    states = vendor_states(environment=os.environ, now=moment)
    shown = [state for state in states if text in f"{state.name} {state.kind} {state.base_url}".lower()]
    spent = _spent_this_month(moment)
    lines = vendor_lines(shown, spent=spent, zone=page["zone"], sort=request.GET.get("sort", ""))
    return render(
        request,
        "admin_console/vendors.html",
        {
            **page,
            "lines": lines,
            "q": text,
            "looked_at": f"{MOST_CALLS:,}",
            "total": sum(state.models for state in shown),
            "spent": sum(spent.get(state.name, 0) for state in shown),
        },
    )


def _spent_this_month(moment: datetime) -> dict[str, int]:
    """Nano-USD by vendor, of the month of UTC, as the report of usage adds them up."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    chosen = UsageFilter(since=first, until=moment)
    found = explore(chosen, metric="cost", group="provider", now=moment, with_before=False)
    return {group.value: group.figures.cost_nano_usd for group in found.groups}


def test(request: HttpRequest, viewer: Viewer, page: dict[str, Any], name: str) -> HttpResponse:
    """Asks one vendor whether it answers and accepts its key."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not Provider.objects.filter(name=name).exists():
        raise Http404
    probe: Probe = import_string(settings.PROVIDER_PROBE)
    began_s = time.monotonic()
    checks = check_providers(environment=os.environ, probe=probe, only=[name])
    _tell(request, name, checks, time.monotonic() - began_s)
    return redirect("admin:vendors")


def _tell(request: HttpRequest, name: str, checks: list[ProviderCheck], took_s: float) -> None:
    if not checks:
        messages.warning(request, f"{name} is switched off; nobody asked it.")
    elif checks[0].ok:
        messages.success(request, f"{name} answers and accepts its key; it took {took_s:.1f} s.")
    else:
        asked = "was asked" if checks[0].asked else "was not asked"
        messages.error(request, f"{name} {asked}: {checks[0].problem}.")
