"""Which channels a viewer sees: a tenant's own; super admins the operators', or those of a tenant that they choose."""

from uuid import UUID

from django.http import Http404
from django.urls import reverse

from admin_console.reach import chosen_slug
from admin_console.who import Viewer
from metering.models import Tenant, WebhookEndpoint


def channel_in_reach(viewer: Viewer, pk: UUID) -> WebhookEndpoint:
    """Raises Http404 for another tenant's, as for one that never was."""
    rows = WebhookEndpoint.objects.select_related("tenant")
    if viewer.tenant is not None:
        rows = rows.for_tenant(viewer.tenant)
    row: WebhookEndpoint | None = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def list_url(viewer: Viewer, tenant: Tenant | None) -> str:
    """Of the list that a channel of this tenant, or of the operators, is in."""
    return reverse("admin:channels") + query_of(viewer, tenant)


def query_of(viewer: Viewer, tenant: Tenant | None, sign: str = "?") -> str:
    """What an address must say so that a super admin stays with this tenant."""
    slug = chosen_slug(viewer, tenant) if tenant is not None else ""
    return f"{sign}tenant={slug}" if slug else ""
