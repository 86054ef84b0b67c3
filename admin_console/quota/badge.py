"""How many requests wait for an operator, as the sidebar and the overview say it."""

from django.db.models import QuerySet
from django.http import HttpRequest

from admin_console.who import Viewer, viewer_of
from metering.models import QuotaRequest

MOST = 100
"""They are counted up to this; more are `99+`."""


def requests_in_reach(viewer: Viewer) -> QuerySet[QuotaRequest]:
    """As the API has it: all for operators, the tenant's for its administrators, the own for members."""
    rows = QuotaRequest.objects.select_related("budget", "tenant")
    if viewer.tenant is None:
        return rows
    rows = rows.filter(tenant=viewer.tenant)
    return rows.filter(user=viewer.user) if viewer.own_only else rows


def waiting_text(request: HttpRequest) -> str:
    """Empty where none waits, or the viewer answers none."""
    viewer = viewer_of(request)
    if viewer is None or viewer.tenant is not None:
        return ""
    open_ones = requests_in_reach(viewer).filter(state=QuotaRequest.State.OPEN)
    count = len(open_ones.values_list("pk")[:MOST])
    return "99+" if count >= MOST else str(count or "")
