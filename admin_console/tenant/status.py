"""Suspend a tenant, or let it call again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.tenant.acting import Act, act_page, done, effect_of
from admin_console.tenant.reach import tenant_in_reach
from admin_console.who import Viewer
from metering.errors import MeteringError
from metering.identity.tenants.set_tenant_status import set_tenant_status
from metering.models import Tenant
from metering.simulation.affected import Affected
from metering.simulation.change import suspension


def status(request: HttpRequest, viewer: Viewer, page: dict[str, Any], slug: str) -> HttpResponse:
    """The other status than it has. A closed tenant stays closed, and its page offers nothing."""
    tenant, moment = tenant_in_reach(viewer, slug), now()
    suspends = tenant.status == Tenant.Status.ACTIVE
    if request.method == "POST":
        return _set(request, viewer, tenant, suspends=suspends)
    if not suspends:
        return act_page(request, viewer, page, tenant, _activate(tenant))
    title = f"Suspend {tenant.name}"
    preview = effect_of(suspension(tenant), title=title, tenant=tenant, now=moment)
    refused = _refused(preview.radius.affected)
    act = Act(
        title=title,
        sentence=f"{refused} refused from now on. It can be activated again.",
        button=title,
        is_dangerous=True,
    )
    return act_page(request, viewer, page, tenant, act, preview=preview)


def _set(request: HttpRequest, viewer: Viewer, tenant: Tenant, *, suspends: bool) -> HttpResponse:
    target = Tenant.Status.SUSPENDED if suspends else Tenant.Status.ACTIVE
    # What was shown is what is done: of two who click at once, the second changes nothing.
    if request.POST.get("to") not in (None, target.value):
        return done(request, viewer, tenant, f"{tenant.name} is {tenant.status.lower()} already.")
    try:
        set_tenant_status(tenant=tenant, status=target, actor=actor_of(request), now=now())
    except MeteringError as error:
        return done(request, viewer, tenant, error.message)
    said = "is suspended: its calls are refused" if suspends else "is active: its calls are admitted again"
    return done(request, viewer, tenant, f"{tenant.name} {said}.")


def _activate(tenant: Tenant) -> Act:
    return Act(
        title=f"Activate {tenant.name}",
        sentence="Its people and tokens are admitted again from now on.",
        button=f"Activate {tenant.name}",
    )


def _refused(affected: Affected) -> str:
    """`3 people and 4 tokens are`"""
    people = f"{affected.people} {'person' if affected.people == 1 else 'people'}"
    tokens = f"{affected.tokens} token{'' if affected.tokens == 1 else 's'}"
    return f"{people} and {tokens} are"
