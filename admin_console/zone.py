"""In whose time zone a page tells of days and moments. The page names it; every list of the page keeps to it."""

from zoneinfo import ZoneInfo

from django.http import HttpRequest

from admin_console.who import Viewer
from metering.models import Tenant
from metering.time_zones import is_time_zone, zone_named

UTC = ZoneInfo("UTC")


def zone_of(request: HttpRequest, viewer: Viewer) -> ZoneInfo:
    """The viewer's tenant's; for super admins that of the tenant they chose (`?tenant=slug`), or UTC."""
    tenant = viewer.tenant
    slug = request.GET.get("tenant")
    if tenant is None and slug:
        tenant = Tenant.objects.filter(slug=slug).first()
    return zone_of_tenant(tenant)


def zone_of_tenant(tenant: Tenant | None) -> ZoneInfo:
    """UTC also for a zone that this machine does not know."""
    return zone_named(tenant.timezone) if tenant is not None and is_time_zone(tenant.timezone) else UTC
