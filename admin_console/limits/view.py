"""The list of a tenant's limits below itself, and lifting one."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.doing import is_done
from admin_console.limits.rows import BY, COLUMNS, budget_words, lines_of, rule_words
from admin_console.parts import FilterBar, linked_columns, matching, sort_key, sorted_rows
from admin_console.people.tabs import address
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.who import Viewer
from metering.models import Budget, PolicyRule, Tenant
from metering.policy.edit.may_edit import Editor, editor_of
from metering.policy.edit.switch_off import switch_off

NOUNS: dict[str, type[Budget] | type[PolicyRule]] = {"budget": Budget, "rule": PolicyRule}


def limits(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    editor = editor_of_viewer(viewer)
    if request.method == "POST":
        _lift(request, tenant, editor)
        return redirect(address("limits", viewer, tenant))
    every = lines_of(tenant, viewer, editor)
    found = matching(request.GET, every, lambda line: (line.whom, line.what, line.only))
    lines = sorted_rows(found, sort_key(request.GET, COLUMNS, default="whom"), BY)
    shown = {
        "tenant": tenant,
        "own": [line for line in lines if line.is_own],
        "others": [line for line in lines if not line.is_own],
        "columns": linked_columns(request.GET, COLUMNS, default="whom"),
        "filters": FilterBar.of(request.GET, search="Whom or limit") if every else None,
        "add_budget": address("limit_budget", viewer, tenant),
        "add_rule": address("limit_rule", viewer, tenant),
        "plan": address("my_plan", viewer, tenant),
        "budgets": address("budgets", viewer, tenant),
        "is_operator": viewer.tenant is None,
    }
    return render(request, "admin_console/limits.html", {**page, **shown})


def editor_of_viewer(viewer: Viewer) -> Editor:
    """Whose limits the viewer may change, by the question that the API asks. Raises NotPermitted for a member."""
    return editor_of(role=viewer.user.role, tenant=viewer.tenant)


def limit_in(noun: str, key: str, tenant: Tenant) -> Budget | PolicyRule:
    """A rule or a budget of the tenant. Raises Http404."""
    try:
        row = (
            NOUNS[noun]._default_manager.filter(tenant=tenant, pk=UUID(key)).select_related("tenant").first()
        )
    except (KeyError, ValueError):
        row = None
    if row is None:
        raise Http404
    return row


def _lift(request: HttpRequest, tenant: Tenant, editor: Editor) -> None:
    row = limit_in(request.POST.get("noun", ""), request.POST.get("limit", ""), tenant)

    def lift() -> str:
        switch_off(row=row, actor=actor_of(request), now=now(), editor=editor)
        words = budget_words(row) if isinstance(row, Budget) else rule_words(row)
        return f"Lifted: {words}. It counts for nothing from the next call on."

    is_done(request, lift)
