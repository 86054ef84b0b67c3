"""What the viewer is told: what was not read first, each with the way to what it is about."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.paging import Pages
from admin_console.who import Viewer
from metering.alerts.forget_notifications import MOST
from metering.alerts.read_notifications import read_all_notifications, read_notification
from metering.errors import NotFound
from metering.models import Notification, User


def notifications(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    if request.method == "POST":
        return redirect(_read(request, viewer.user))
    own = Notification.objects.of(viewer.user)
    rows = list(own.order_by(F("read_at").desc(nulls_first=True), "-id")[:MOST])
    shown = {"pages": Pages.of(request.GET, rows), "has_unread": any(row.read_at is None for row in rows)}
    return render(request, "admin_console/notifications.html", {**page, **shown})


def _read(request: HttpRequest, user: User) -> str:
    """Marks one as read, or all, and returns where to go on. Raises Http404 for one that is not the user's."""
    here = request.get_full_path()
    if "all" in request.POST:
        count = read_all_notifications(user=user, now=now())
        messages.success(request, "All are read." if count else "There was none to read.")
        return here
    opens = "open" in request.POST
    try:
        id_ = UUID(request.POST.get("open" if opens else "read", ""))
        row = read_notification(user=user, id=id_, now=now())
    except (ValueError, NotFound):
        raise Http404 from None
    return row.path or reverse("admin:notifications") if opens else here
