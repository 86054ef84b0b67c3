"""How many alerts nobody has acknowledged, as the sidebar says it."""

from django.db.models import QuerySet
from django.http import HttpRequest

from admin_console.who import Viewer, viewer_of
from metering.models import QuotaAlert

MOST = 100
"""They are counted up to this; more are `99+`."""


def alerts_in_reach(viewer: Viewer) -> QuerySet[QuotaAlert]:
    """As the API has it: the tenant's own; of meters that tenants share operators alone know."""
    alerts: QuerySet[QuotaAlert] = QuotaAlert.objects.all()
    return alerts if viewer.tenant is None else alerts.filter(tenant_id=viewer.tenant.pk)


def unread(viewer: Viewer) -> int:
    """Return how many notifications the viewer has not read; at most MOST."""
    return len(alerts_in_reach(viewer).filter(acknowledged_at=None).values_list("pk")[:MOST])


def unread_text(request: HttpRequest) -> str:
    """Empty where there is none, or nobody who may know. It is counted once for each request."""
    viewer = viewer_of(request)
    if viewer is None or viewer.own_only:
        return ""
    kept: int | None = getattr(request, "console_unread", None)
    if kept is None:
        kept = unread(viewer)
        request.console_unread = kept  # type: ignore[attr-defined]
    return "99+" if kept >= MOST else str(kept or "")
