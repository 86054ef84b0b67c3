"""Requests for quota: the list, and one with what an operator decides by."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from admin_console.auditing import actor_of
from admin_console.blast_radius import Preview, preview_of, wants_preview
from admin_console.budget_form import shown_budget
from admin_console.doing import is_accepted, is_done
from admin_console.quota.answers import answers_table
from admin_console.quota.badge import requests_in_reach
from admin_console.quota.forms import FOR_WINDOWS, GOOD, OPEN, AnswerForm
from admin_console.quota.inbox import chosen_lines, filter_bar
from admin_console.quota.use import use_of
from admin_console.quota.words import TONES, counts, lasts, more, names_for, until, whose
from admin_console.reach import tenant_in_url
from admin_console.who import Viewer
from metering.errors import MeteringError
from metering.models import QuotaRequest
from metering.overview.quota_request import line_of_request
from metering.quota_requests.decide import approve, approve_for_good, counter_of_request, deny, withdraw
from metering.simulation.change import override_change
from metering.types import Setter

State = QuotaRequest.State


def requests(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    """The list; operators see the oldest open request beside it."""
    tenant = tenant_in_url(request, viewer)
    shown = {
        "lines": chosen_lines(request.GET, viewer, tenant, None, page["zone"]),
        "filters": filter_bar(request.GET, viewer),
        "is_filtered": bool(request.GET.keys() - {"sort"}),
        "row": None,
        "is_operator": viewer.tenant is None,
    }
    return render(request, "admin_console/quota/request.html", {**page, **shown})


def one_request(request: HttpRequest, viewer: Viewer, page: dict[str, Any], id: UUID) -> HttpResponse:
    """Raises Http404 for one that is not in reach."""
    row = requests_in_reach(viewer).select_related("override", "budget__tenant").filter(pk=id).first()
    if row is None:
        raise Http404
    is_operator = viewer.tenant is None
    form = _form(request, row) if is_operator and row.is_open else None
    if request.method == "POST" and not wants_preview(request):
        if _act(request, viewer, row, form, page["now"]):
            return redirect(request.get_full_path())
    elif form is not None and form.is_bound:
        form.is_valid()
    names = names_for([row])
    title = f"{whose(row, names)}: {more(row.budget, row.amount)} more"
    line = line_of_request(row, now=page["now"])
    shown = {
        "title": title,
        "lines": chosen_lines(request.GET, viewer, tenant_in_url(request, viewer), row.pk, page["zone"]),
        "filters": filter_bar(request.GET, viewer),
        "row": row,
        "headline": f"{whose(row, names)}: {more(row.budget, row.amount)} more, "
        f"{lasts(row.windows, row.budget.window)}",
        "counts": counts(row.budget),
        "budget_url": _budget_url(row),
        "tone": TONES[row.state],
        "state": State(row.state).label,
        "granted": more(row.budget, row.granted) if row.granted is not None else "",
        "until": until(row.override.ends_at, page["zone"]) if row.override is not None else "",
        "is_removed": row.override is not None and row.override.removed_at is not None,
        "use": use_of(line, row.budget, title, page) if line is not None else None,
        "answers": answers_table(row, line) if line is not None and is_operator and row.is_open else None,
        "form": form,
        "preview": _preview(row, form, page) if form is not None else None,
        "is_operator": is_operator,
        "may_withdraw": not is_operator and row.is_open,
    }
    return render(request, "admin_console/quota/request.html", {**page, **shown})


def _form(request: HttpRequest, row: QuotaRequest) -> AnswerForm:
    initial = {
        "amount": shown_budget(row.budget.dimension, row.amount),
        "lasts": FOR_WINDOWS if row.windows is not None else OPEN,
        "windows": row.windows or 1,
    }
    return AnswerForm(
        request.POST or None,
        budget=row.budget,
        may_be_for_good=row.budget.tenant_id is not None and row.budget.set_by == Setter.OPERATOR,
        initial=initial,
    )


def _preview(row: QuotaRequest, form: AnswerForm, page: dict[str, Any]) -> Preview | None:
    """What approving it would do: as it was asked, or as the form says it now."""
    amount = row.amount
    if form.is_bound:
        amount = form.cleaned_data.get("amount") or amount
    # In the week that is looked at the raise counts in every window, however long it will last.
    change = override_change(counter=counter_of_request(row), amount=amount, now=page["now"])
    try:
        return preview_of(
            change, title=f"Approving {more(row.budget, amount)}", now=page["now"], zone=page["zone"]
        )
    except MeteringError:
        return None  # the budget was switched off: approving it says so


def _act(
    request: HttpRequest, viewer: Viewer, row: QuotaRequest, form: AnswerForm | None, now: datetime
) -> bool:
    """Whether the page is to be shown anew. Raises Http404 for a verb that is not the viewer's."""
    verb = request.POST.get("verb", "")
    by: Any = {"request": row, "actor": actor_of(request), "now": now}
    if verb == "withdraw" and viewer.tenant is not None:
        is_done(request, lambda: f"The request is {withdraw(**by).state}.")
        return True
    if viewer.tenant is not None or verb not in ("approve", "deny"):
        raise Http404
    if form is None:  # somebody was faster
        messages.error(request, f"This request was {State(row.state).label} already.")
        return True
    if verb == "deny":
        form.fields["amount"].required = form.fields["lasts"].required = False
        answer = request.POST.get("answer", "")
        return is_accepted(form, lambda: deny(answer=answer, **by)) and is_done(request, lambda: "Denied.")
    if not form.is_valid():
        return False
    values = {"amount": form.cleaned_data["amount"], "answer": form.cleaned_data["answer"], **by}
    if form.cleaned_data["lasts"] == GOOD:
        return is_accepted(form, lambda: approve_for_good(**values)) and is_done(
            request, lambda: "Approved for good."
        )
    windows = form.window_count
    return is_accepted(form, lambda: approve(windows=windows, **values)) and is_done(
        request, lambda: f"Approved {lasts(windows, row.budget.window)}."
    )


def _budget_url(row: QuotaRequest) -> str:
    named = {} if row.subject_id is None else {"subject": row.subject_id}  # a tag may hold any sign
    query = urlencode({"tenant": row.tenant.slug, **named})
    return f"{reverse('admin:budget', args=[row.budget_id])}?{query}"
