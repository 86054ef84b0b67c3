"""Ask for more of a budget: from its bar, from a refused call, or from the link in the refusal's answer."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from admin_console.budget_form import shown_budget
from admin_console.budgets.rows import bar_of
from admin_console.doing import is_accepted
from admin_console.quota.forms import FOR_WINDOWS, OPEN, AskForm
from admin_console.quota.words import counts, more, names_for, whose
from admin_console.reach import reach_of
from admin_console.who import Viewer
from metering.errors import MeteringError
from metering.models import Budget, QuotaRequest
from metering.overview.quota_request import line_of_counter
from metering.policy.edit.set_budget import parse_amount
from metering.policy.overrides.counter import Counter, resets
from metering.quota_requests.ask import ask_for_quota, check_may_ask
from metering.quota_requests.find import asked_counter

SHARE = 10
"""A tenth of the limit is proposed where the address says no amount."""


def ask(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """For people of a tenant. Raises Http404 for a budget that is none of theirs."""
    if viewer.tenant is None:
        messages.info(request, "Tenants' people ask for quota; you answer.")
        return redirect("admin:quota_requests")
    if not request.GET.get("budget"):
        messages.info(request, "Open the budget of which you need more, and ask for it there.")
        return redirect("admin:budgets")
    counter, refusal = _counter(request, viewer, page)
    form = AskForm(request.POST or None, budget=counter.budget, initial=_initial(request, counter.budget))
    if request.method == "POST" and not refusal and form.is_valid():
        asked: list[QuotaRequest] = []
        values = form.cleaned_data

        def verb() -> None:
            row = ask_for_quota(
                counter=counter,
                amount=values["amount"],
                reason=values["reason"],
                windows=form.window_count,
                by=viewer.user,
                now=page["now"],
            )
            asked.append(row)

        if is_accepted(form, verb):
            messages.success(request, "The request is on its way to the gateway's operators.")
            return redirect("admin:quota_request", id=asked[0].pk)
    imagined = QuotaRequest(
        budget=counter.budget, tenant=counter.tenant, subject_id=counter.subject_id, amount=1
    )
    who = whose(imagined, names_for([imagined]))
    line = line_of_counter(viewer.tenant, counter.budget, counter.subject_id, now=page["now"])
    shown = {
        "form": form,
        "refusal": refusal,
        "who": who,
        "counts": counts(counter.budget),
        "bar": bar_of(line, who) if line is not None else None,
        "limit": more(counter.budget, line.status.limit.amount) if line is not None else "",
        "left": more(counter.budget, line.status.remaining) if line is not None else "",
        "has_override": line is not None and bool(line.status.override),
        "back": reverse("admin:budgets"),
    }
    return render(request, "admin_console/quota/ask.html", {**page, **shown})


def _counter(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> tuple[Counter, str]:
    """The counter that the address names, and why nobody may ask for it; empty: the viewer may."""
    tenant = viewer.tenant
    if tenant is None:
        raise Http404
    subjects = reach_of(request, viewer).subjects
    try:
        key = UUID(request.GET.get("budget", ""))
        subject = request.GET.get("subject")
        counter = asked_counter(tenant, key, subject=subject, subjects=subjects, now=page["now"])
    except (ValueError, MeteringError):
        raise Http404 from None
    try:
        check_may_ask(counter, subjects)
    except MeteringError as error:
        return counter, error.message
    return counter, ""


def _initial(request: HttpRequest, budget: Budget) -> dict[str, Any]:
    amount = budget.amount // SHARE
    if "amount" in request.GET:
        with suppress(MeteringError):  # the address was edited; the proposal stays
            amount = parse_amount(budget.dimension, request.GET["amount"][:40])
    return {
        "amount": shown_budget(budget.dimension, amount) if amount else "",
        "lasts": FOR_WINDOWS if resets(budget) else OPEN,
    }
