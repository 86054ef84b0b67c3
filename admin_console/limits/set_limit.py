"""Set a budget or a rule for somebody in the tenant: with its effect first, if that is asked for."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.blast_radius import NOT_SURE, is_sure, preview_of, wants_preview
from admin_console.doing import is_accepted
from admin_console.fields.amount import Unit, shown_amount
from admin_console.limits.forms import BudgetLimitForm, RuleLimitForm
from admin_console.limits.rows import budget_words, rule_words
from admin_console.limits.view import editor_of_viewer, limit_in
from admin_console.limits.whom import WhomForm, initial_of, name_of
from admin_console.people.tabs import address
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.rule_form import shown_value
from admin_console.who import Viewer
from metering.models import Budget, PolicyRule, Tenant
from metering.money import usd_from_nano
from metering.policy.edit.set_budget import set_budget
from metering.policy.edit.set_rule import set_rule
from metering.simulation.change import Change, budget_change, rule_change
from metering.types import Dimension


def set_budget_limit(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    return _set(request, viewer, page, BudgetLimitForm, budget_change, _save_budget)


def set_rule_limit(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    return _set(request, viewer, page, RuleLimitForm, rule_change, _save_rule)


def _set(
    request: HttpRequest,
    viewer: Viewer,
    page: dict[str, Any],
    form_class: type[Any],
    change_of: Callable[..., Change],
    save: Callable[..., str],
) -> HttpResponse:
    """The page with the form; its effect if that is asked for, or else what it says is saved.

    A change that stops the whole gateway has to be asked for twice.
    """
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    form = form_class(
        request.POST or None,
        editor=editor_of_viewer(viewer),
        tenant=tenant,
        initial=_initial(request, tenant, form_class),
    )
    if "of" in request.GET:
        form.keep_identity()
    preview = None
    if request.method == "POST" and form.is_valid():

        def change() -> Change:
            return change_of(target=form.target(), now=now(), **form.facts())

        if wants_preview(request):
            previews: list[Any] = []
            is_accepted(
                form,
                lambda: previews.append(
                    preview_of(change(), title="What it would do", now=now(), zone=page["zone"])
                ),
            )
            preview = previews[0] if previews else None
        else:
            said: list[str] = []
            if is_accepted(form, lambda: said.append(_saved(request, form, change, save))) and said[0]:
                messages.success(request, said[0])
                return redirect(address("limits", viewer, tenant))
            if said:
                form.add_error(None, NOT_SURE)
    noun = "budget" if form_class is BudgetLimitForm else "rule"
    shown = {
        "tenant": tenant,
        "form": form,
        "preview": preview,
        "back": address("limits", viewer, tenant),
        "button": f"Set the {noun}",
        "is_budget": form_class is BudgetLimitForm,
    }
    return render(request, "admin_console/set_limit.html", {**page, **shown})


def _saved(
    request: HttpRequest, form: WhomForm, change: Callable[[], Change], save: Callable[..., str]
) -> str:
    """The sentence that says what was done; empty where it has to be asked for twice."""
    if not is_sure(request, change()):
        return ""
    target = form.target()
    return f"{name_of(target)}: {save(request, form, target)}."


def _save_budget(request: HttpRequest, form: BudgetLimitForm, target: Any) -> str:
    done = set_budget(target=target, actor=actor_of(request), now=now(), **form.facts())
    return f"at most {budget_words(done.budget)}"


def _save_rule(request: HttpRequest, form: RuleLimitForm, target: Any) -> str:
    return rule_words(set_rule(target=target, actor=actor_of(request), now=now(), **form.facts()).rule)


def _initial(request: HttpRequest, tenant: Tenant, form_class: type[Any]) -> dict[str, Any]:
    """Of the limit that is to be changed (`?of=`), or whom the address names (`?whom=team:red`)."""
    noun = "budget" if form_class is BudgetLimitForm else "rule"
    key = request.GET.get("of", "")
    if not key:
        return {name: request.GET[name] for name in form_class.base_fields if name in request.GET}
    row = limit_in(noun, key, tenant)
    facts = _budget_facts(row) if isinstance(row, Budget) else _rule_facts(row)
    return {**initial_of(row), **facts, "task": row.task_id or ""}


def _budget_facts(row: Budget) -> dict[str, Any]:
    is_cost = row.dimension == Dimension.COST
    amount = usd_from_nano(row.amount) if is_cost else row.amount
    return {
        "dimension": row.dimension,
        "window": row.window,
        "amount": shown_amount(amount, Unit.DOLLARS if is_cost else Unit.COUNT),
        "model_class": row.model_class_id or "",
        "once_reached": "hard" if row.hard else "soft",
        "thresholds": row.thresholds,
    }


def _rule_facts(row: PolicyRule) -> dict[str, Any]:
    return {"key": row.key, "value": shown_value(row.key, row.value), "mode": row.mode}
