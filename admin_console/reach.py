"""Whose rows a page is about: the viewer's own tenant, or the one that a super admin has chosen (`?tenant=slug`).

What is another tenant's is as absent as what never was.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now

from admin_console.parts import Choice, Select
from admin_console.who import Viewer
from metering.models import Tenant
from metering.overview.reach import Reach, reach_of_person

MOST_CHOICES = 1_000


def tenant_in_url(request: HttpRequest, viewer: Viewer) -> Tenant | None:
    """None: a super admin has chosen none. Raises Http404 for one that is unknown or not the viewer's."""
    slug = request.GET.get("tenant", "")
    own = viewer.tenant
    if own is not None:
        if slug not in ("", own.slug):
            raise Http404
        return own
    if not slug:
        return None
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise Http404
    return tenant


def reach_of(request: HttpRequest, viewer: Viewer) -> Reach:
    """The same for selectors of metering; a member's own. Raises Http404."""
    tenant = tenant_in_url(request, viewer)
    if viewer.own_only and tenant is not None:
        return reach_of_person(viewer.user, tenant=tenant, now=now())
    return Reach(tenant=tenant)


def chosen_slug(viewer: Viewer, tenant: Tenant) -> str:
    """What an address must say as `tenant` so that a super admin stays with it; nothing for its own people."""
    return tenant.slug if viewer.tenant is None else ""


def tenant_selects(viewer: Viewer, *, any_label: str = "All") -> tuple[Select, ...]:
    """The list from which a super admin chooses a tenant in a filter bar; none for others."""
    if viewer.tenant is not None:
        return ()
    tenants = Tenant.objects.order_by("name", "slug").values_list("slug", "name")[:MOST_CHOICES]
    choices = tuple(Choice(value=slug, label=name) for slug, name in tenants)
    return (Select(name="tenant", label="Tenant", any_label=any_label, choices=choices),)


def choose_tenant(request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    """Asks a super admin which tenant the page is to be about."""
    tenants = Tenant.objects.order_by("name", "slug").values_list("slug", "name", "status")[:MOST_CHOICES]
    return render(request, "admin_console/choose_tenant.html", {**page, "tenants": tenants})
