"""Which tenant a page is about, as far as the viewer may see. Another tenant's is as absent as one that never was."""

from django.http import Http404
from django.urls import reverse

from admin_console.who import Viewer
from metering.models import ATIToken, Tenant


def tenant_in_reach(viewer: Viewer, slug: str | None) -> Tenant:
    """The tenant of the address, or (None) the viewer's own. Raises Http404."""
    if viewer.tenant is not None:
        if slug not in (None, viewer.tenant.slug):
            raise Http404
        return viewer.tenant
    tenant = Tenant.objects.filter(slug=slug).first() if slug is not None else None
    if tenant is None:
        raise Http404
    return tenant


def token_in_reach(tenant: Tenant, prefix: str) -> ATIToken:
    """The tenant's token of this prefix. Raises Http404."""
    rows = ATIToken.objects.for_tenant(tenant).defer("digest", "previous_digest").select_related("plan_tier")
    token: ATIToken | None = rows.filter(prefix=prefix).first()
    if token is None:
        raise Http404
    return token


def hub_url(viewer: Viewer, tenant: Tenant) -> str:
    """Where the viewer sees the tenant."""
    if viewer.tenant is not None:
        return reverse("admin:tenant_own")
    return reverse("admin:tenant_hub", args=[tenant.slug])
