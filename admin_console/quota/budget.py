"""One counter of a budget: how it stands, what overrides add to it, and (operators) adding and removing them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from admin_console.auditing import actor_of
from admin_console.doing import is_accepted, is_done
from admin_console.quota.forms import FOR_WINDOWS, OPEN, OverrideForm, TopUpForm
from admin_console.quota.use import use_of
from admin_console.quota.words import counts, more, names_for, until, whose
from admin_console.reach import reach_of, tenant_in_url
from admin_console.subject_names import Pair
from admin_console.who import Viewer
from metering.errors import MeteringError
from metering.models import Budget, BudgetOverride, Tenant
from metering.overview.quota_request import line_of_counter
from metering.policy.overrides.add import add_override
from metering.policy.overrides.counter import Counter, counter_of, resets
from metering.policy.overrides.remove import remove_override
from metering.policy.overrides.top_up import top_up
from metering.quota_requests.ask import check_may_ask, is_own
from metering.quota_requests.find import asked_counter
from metering.types import Dimension, Window

MOST = 200
"""Overrides that are listed."""


def one_budget(request: HttpRequest, viewer: Viewer, page: dict[str, Any], id: UUID) -> HttpResponse:
    """Raises Http404 for one that is not in reach. `?subject=` says whose counter; without it, everybody's."""
    tenant = tenant_in_url(request, viewer)
    counter = _counter(request, viewer, tenant, id, page)
    forms = _forms(request, counter) if viewer.tenant is None and counter.budget.is_active else {}
    if request.method == "POST":
        if not forms:
            raise Http404
        if _act(request, counter, forms, page):
            return redirect(request.get_full_path())
    imagined = BudgetOverride(budget=counter.budget, tenant=counter.tenant, subject_id=counter.subject_id)
    who = whose(imagined, names_for([imagined]))
    rows = list(_overrides(counter)[:MOST])
    names = names_for(rows)
    shown = {
        "title": f"{who}: {counts(counter.budget)}",
        "who": who,
        "counts": counts(counter.budget),
        "amount": more(counter.budget, counter.budget.amount),
        "use": _use(counter, tenant, who, page) if counter.tenant is not None else None,
        "lines": [_line(row, viewer, names, page) for row in rows],
        "forms": forms,
        "is_operator": viewer.tenant is None,
        "edit_url": reverse("admin:metering_budget_change", args=[id]) if viewer.tenant is None else "",
        "ask_url": _ask_url(request, viewer, counter),
    }
    return render(request, "admin_console/quota/budget.html", {**page, **shown})


def _counter(
    request: HttpRequest, viewer: Viewer, tenant: Tenant | None, id: UUID, page: dict[str, Any]
) -> Counter:
    subject = request.GET.get("subject")
    try:
        if viewer.tenant is None or tenant is None:
            budget = Budget.objects.select_related("tenant").filter(pk=id).first()
            if budget is None:
                raise Http404
            return counter_of(budget, tenant=tenant, subject=subject)
        subjects = reach_of(request, viewer).subjects
        counter = asked_counter(tenant, id, subject=subject, subjects=subjects, now=page["now"])
    except MeteringError:
        raise Http404 from None
    if subjects is not None and not is_own(counter, subjects):
        raise Http404  # a member looks at somebody else's
    return counter


def _forms(request: HttpRequest, counter: Counter) -> dict[str, Any]:
    verb = request.POST.get("verb", "") if request.method == "POST" else ""
    budget = counter.budget
    forms: dict[str, Any] = {
        "add": OverrideForm(
            request.POST if verb == "add" else None,
            budget=budget,
            initial={"lasts": FOR_WINDOWS if resets(budget) else OPEN},
        )
    }
    if budget.dimension == Dimension.COST and budget.window == Window.TOTAL:
        posted = request.POST if verb == "top_up" else None
        forms["top_up"] = TopUpForm(posted, budget=budget, prefix="top_up", auto_id="top_up_%s")
    return forms


def _act(request: HttpRequest, counter: Counter, forms: dict[str, Any], page: dict[str, Any]) -> bool:
    """Whether the page is to be shown anew. Raises Http404 for what there is nothing of."""
    verb, by = request.POST.get("verb", ""), {"actor": actor_of(request), "now": page["now"]}
    if verb == "remove":
        try:
            row = _overrides(counter).filter(pk=UUID(request.POST.get("override", ""))).first()
        except ValueError:
            row = None
        if row is None:
            raise Http404
        removed = row

        def remove() -> str:
            remove_override(override=removed, **by)
            return f"{more(counter.budget, removed.amount)} are taken back; what was used stays used."

        is_done(request, remove)
        return True
    form = forms.get(verb)
    if form is None:
        raise Http404
    if not form.is_valid():
        return False
    values = form.cleaned_data
    facts = {"counter": counter, "amount": values["amount"], "reason": values["reason"], **by}
    if verb == "top_up":
        done = is_accepted(form, lambda: top_up(reference=values["reference"], **facts))
    else:
        done = is_accepted(form, lambda: add_override(windows=form.window_count, **facts))
    return done and is_done(request, lambda: f"{more(counter.budget, values['amount'])} more.")


def _overrides(counter: Counter) -> Any:
    """Of this counter and of everybody's; where everybody's is looked at, of all in the tenant."""
    rows = BudgetOverride.objects.select_related("budget", "tenant")
    rows = rows.filter(budget=counter.budget, tenant=counter.tenant)
    if counter.subject_id is not None:
        rows = rows.filter(subject_id=counter.subject_id) | rows.filter(subject_id=None)
    return rows.order_by("-id")


def _use(counter: Counter, tenant: Tenant | None, who: str, page: dict[str, Any]) -> dict[str, Any] | None:
    owner = counter.tenant or tenant
    if owner is None:
        return None
    line = line_of_counter(owner, counter.budget, counter.subject_id, now=page["now"])
    return use_of(line, counter.budget, who, page) if line is not None else None


def _line(
    row: BudgetOverride, viewer: Viewer, names: Mapping[Pair, str], page: dict[str, Any]
) -> dict[str, Any]:
    is_in_force = row.removed_at is None and (row.ends_at is None or row.ends_at > page["now"])
    said = "in force" if is_in_force else "removed" if row.removed_at is not None else "ended"
    return {
        "id": row.pk,
        "amount": more(row.budget, row.amount),
        "kind": row.get_kind_display(),
        "whose": whose(row, names) if row.subject_id else "",
        "until": until(row.ends_at, page["zone"]),
        "state": said,
        "tone": "info" if is_in_force else "",
        "reason": row.reason,
        "reference": row.reference,
        "made_at": row.created_at,
        "made_by": row.made_by if viewer.tenant is None else "an operator",
        "may_remove": is_in_force and viewer.tenant is None,
    }


def _ask_url(request: HttpRequest, viewer: Viewer, counter: Counter) -> str:
    if viewer.tenant is None:
        return ""
    try:
        check_may_ask(counter, reach_of(request, viewer).subjects)
    except MeteringError:
        return ""
    named = {} if counter.subject_id is None else {"subject": counter.subject_id}
    return f"{reverse('admin:quota_ask')}?{urlencode({'budget': str(counter.budget.pk), **named})}"
