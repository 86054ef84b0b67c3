"""Vendors' keys of a tenant: listed by how they end, added, replaced, tested, switched and removed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.doing import is_accepted, is_done
from admin_console.own_keys.forms import OwnKeyForm
from admin_console.people.tabs import address
from admin_console.reach import choose_tenant, tenant_in_url
from admin_console.who import Viewer
from metering.catalog.provider_keys.own_keys import (
    MOST_TESTS,
    may_keep_keys,
    providers_open_to,
    remove_key,
    set_own_key,
    switch_own_key,
)
from metering.catalog.provider_keys.try_key import try_key
from metering.errors import MeteringError
from metering.models import ProviderKey, Tenant


def own_keys(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    if tenant is None:
        return choose_tenant(request, page)
    here = address("vendor_keys", viewer, tenant)
    providers = [row.name for row in providers_open_to(tenant, now=now())]
    is_new = request.method == "POST" and "verb" not in request.POST
    form = OwnKeyForm(request.POST if is_new else None, providers=providers, initial=_initial(request))
    if is_new and form.is_valid():
        values = form.cleaned_data
        if is_accepted(form, lambda: set_own_key(tenant=tenant, **values, **_signed(request))):
            messages.success(
                request,
                f"The key “{values['label']}” for {values['provider']} is set; calls use it within a second.",
            )
            return redirect(here)
    elif request.method == "POST" and not is_new:
        _act(request, tenant)
        return redirect(here)
    shown = {
        "tenant": tenant,
        "form": form,
        "keys": ProviderKey.objects.for_tenant(tenant).defer("sealed").order_by("provider_id", "label"),
        "may_keep": may_keep_keys(tenant, now=now()),
        "has_providers": bool(providers),
        "most_tests": MOST_TESTS,
        "plan": address("my_plan", viewer, tenant),
    }
    return render(request, "admin_console/own_keys.html", {**page, **shown})


def _act(request: HttpRequest, tenant: Tenant) -> None:
    """Raises Http404 where the tenant has no such key, and for a verb that there is not."""
    row = _key_of(request, tenant)
    name, by = f"The key “{row.label}” for {row.provider_id}", _signed(request)

    def switch(*, is_active: bool) -> str:
        switch_own_key(row=row, is_active=is_active, **by)
        return f"{name} is {'used again' if is_active else 'not used any more'}."

    def remove() -> str:
        remove_key(row=row, **by)
        return f"{name} is removed."

    verbs: dict[str, Callable[[], str]] = {
        "on": lambda: switch(is_active=True),
        "off": lambda: switch(is_active=False),
        "remove": remove,
    }
    verb = request.POST["verb"]
    if verb == "test":
        _test(request, row, name)
    elif verb in verbs:
        is_done(request, verbs[verb])
    else:
        raise Http404


def _test(request: HttpRequest, row: ProviderKey, name: str) -> None:
    try:
        problem = try_key(row=row, **_signed(request))
    except MeteringError as error:
        problem = error.message
    if problem is None:
        messages.success(request, f"{name} works: {row.provider_id} accepts it.")
    else:
        messages.error(request, f"{name}: {problem}")


def _key_of(request: HttpRequest, tenant: Tenant) -> ProviderKey:
    try:
        pk = UUID(request.POST.get("key_id", ""))
    except ValueError:
        raise Http404 from None
    row: ProviderKey | None = (
        ProviderKey.objects.for_tenant(tenant).defer("sealed").select_related("tenant").filter(pk=pk).first()
    )
    if row is None:
        raise Http404
    return row


def _signed(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "now": now()}


def _initial(request: HttpRequest) -> dict[str, str]:
    """To replace a key, the address names it."""
    return {name: request.GET[name] for name in ("provider", "label") if name in request.GET}
