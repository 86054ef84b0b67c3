"""Move a tenant to another plan, after it was said what that would have done."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.blast_radius import wants_preview
from admin_console.tenant.acting import Act, act_page, add_refusal, done, effect_of
from admin_console.tenant.forms import PlanForm
from admin_console.tenant.reach import tenant_in_reach
from admin_console.who import Viewer
from metering.errors import MeteringError
from metering.identity.find import find_plan
from metering.identity.tenants.assign_plan import assign_plan
from metering.models import ATIToken
from metering.simulation.change import plan_change


def plan(request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str) -> HttpResponse:
    tenant, moment = tenant_in_reach(viewer, slug), now()
    form = PlanForm(request.POST or None, initial={"plan": request.GET.get("plan", "")})
    preview, chosen = None, None
    if request.method == "POST" and form.is_valid():
        try:
            chosen = find_plan(form.cleaned_data["plan"])
            if not wants_preview(request):
                moved = assign_plan(tenant=tenant, plan_code=chosen.code, actor=actor_of(request), now=moment)
                said = f"{moved} token{'' if moved == 1 else 's'} of {tenant.name} moved to {chosen.name}."
                return done(request, viewer, tenant, said)
            change = plan_change(tenant=tenant, plan=chosen.code)
            title = f"{tenant.name} on {chosen.name}"
            preview = effect_of(change, title=title, tenant=tenant, now=moment)
        except MeteringError as error:
            add_refusal(form, error)
    live = ATIToken.objects.for_tenant(tenant).live(moment)
    plans = sorted(set(live.values_list("plan_tier__name", flat=True)))
    now_on = f"now on {', '.join(plans)}" if plans else "without a live token"
    act = Act(
        title=f"Change the plan of {tenant.name}",
        sentence=f"{tenant.name} is {now_on}. All its live tokens, and whoever signed up with them, move at once.",
        button=f"Move {tenant.name} to {chosen.name}" if chosen is not None else f"Move {tenant.name}",
        asks_first=True,
    )
    return act_page(request, viewer, page, tenant, act, form=form, preview=preview)
