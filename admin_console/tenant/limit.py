"""Give a tenant a value of its own for one limit: in force now, after the edit, and what that would have done."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.blast_radius import wants_preview
from admin_console.tenant.acting import Act, act_page, add_refusal, done, effect_of
from admin_console.tenant.forms import LimitForm
from admin_console.tenant.limits_table import LimitLine, limit_lines
from admin_console.tenant.reach import tenant_in_reach
from admin_console.tenant.usual_plan import anybody_of, usual_plan
from admin_console.who import Viewer
from admin_console.words import key_word, task_word, value_word
from admin_console.zone import zone_of_tenant
from metering.errors import MeteringError
from metering.models import Tenant
from metering.policy.edit.set_rule import set_rule
from metering.policy.edit.target import PolicyTarget
from metering.policy.source import read_policy_rows
from metering.rules.registry import keys_of
from metering.simulation.change import Change, rule_change
from metering.simulation.effective_limits import effective_limits
from metering.types import Scope


def limit(request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str) -> HttpResponse:
    tenant, moment = tenant_in_reach(viewer, slug), now()
    initial = {name: request.GET.get(name, "") for name in ("key", "task", "value")}
    form = LimitForm(request.POST or None, keys=keys_of(Scope.TENANT), initial=initial)
    target = PolicyTarget(scope=Scope.TENANT, tenant=tenant)
    said, preview, change = "", None, None
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        facts = {"key": values["key"], "value": values["value"], "task": values["task"] or None}
        said = _said(facts)
        try:
            if not wants_preview(request):
                set_rule(target=target, actor=actor_of(request), now=moment, **facts)
                return done(request, viewer, tenant, f"{tenant.name}: {said} from the next call on.")
            change = rule_change(target=target, now=moment, **facts)
            title = f"{tenant.name}: {said}"
            preview = effect_of(change, title=title, tenant=tenant, now=moment)
        except MeteringError as error:
            add_refusal(form, error)
    key = form["key"].value() or ""
    act = Act(
        title=f"A limit of {tenant.name}",
        sentence="A value of the tenant's own takes the place of the plan's and of everyone's.",
        button=f"Save {said} for {tenant.name}" if preview is not None else f"Save for {tenant.name}",
        asks_first=True,
    )
    lines = _lines(tenant, str(key), change if preview is not None else None, moment)
    return act_page(request, viewer, page, tenant, act, form=form, preview=preview, limits=lines)


def _said(facts: dict[str, Any]) -> str:
    """`tokens out of drafting 8,000 tokens`"""
    word = key_word(facts["key"])
    of = f" of {task_word(facts['task']).lower()}" if facts["task"] else ""
    return f"{word[:1].lower()}{word[1:]}{of} {value_word(facts['key'], facts['value'])}"


def _lines(tenant: Tenant, key: str, change: Change | None, now: datetime) -> list[LimitLine]:
    """The limits of this key for anybody of the tenant, now and after the edit."""
    plan = usual_plan(tenant, now)
    if not plan:
        return []  # without a live token there is no plan to tell of
    subject = anybody_of(tenant, plan)
    present = effective_limits(source=read_policy_rows(tenant=tenant), subject=subject, now=now)
    later = None
    if change is not None:
        source = read_policy_rows(tenant=tenant, after=change.apply)
        later = [one for one in effective_limits(source=source, subject=subject, now=now) if one.key == key]
    of_key = [one for one in present if one.key == key]
    return limit_lines(of_key, zone=zone_of_tenant(tenant), after=later)
