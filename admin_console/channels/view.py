"""Channels: webhooks, Slack and Teams of a tenant or of the operators, each with its log."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now

from admin_console.auditing import actor_of
from admin_console.channels.act import act
from admin_console.channels.forms import ChannelForm, RotateForm
from admin_console.channels.log import STATES_SHOWN, log_of
from admin_console.channels.reach import channel_in_reach, list_url, query_of
from admin_console.doing import is_accepted
from admin_console.parts import Column, FilterBar, linked_columns, matching, sort_key, sorted_rows
from admin_console.reach import tenant_in_url, tenant_selects
from admin_console.who import Viewer
from metering.alerts.endpoints.edit import MAX_ENDPOINTS, change_endpoint, create_endpoint
from metering.alerts.endpoints.rotate_secret import rotate_secret
from metering.alerts.endpoints.try_endpoint import MOST_TESTS
from metering.errors import MeteringError
from metering.models import AlertDelivery, WebhookEndpoint

Kind = WebhookEndpoint.Kind
COLUMNS = (
    Column(key="channel", title="Channel", sorts=True),
    Column(key="state", title="State", sorts=True),
    Column(key="address", title="Address", sorts=True, hides="mid"),
    Column(key="events", title="Events", sorts=True, hides="lo"),
    Column(key="failed", title="Not delivered", is_number=True, sorts=True, hides="mid"),
)
BY: Mapping[str, Callable[[Any], Any]] = {
    "channel": lambda row: row.name.lower(),
    "state": lambda row: (row.is_active, row.failing_since is None),
    "address": lambda row: row.shown_url,
    "events": lambda row: len(row.events) or EVERY,
    "failed": lambda row: row.failed,
}
EVERY = 1_000
"""More types of events than there are."""
FAILED = Q(deliveries__state__in=[AlertDelivery.State.FAILED, AlertDelivery.State.UNCERTAIN])


def channels(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    tenant = tenant_in_url(request, viewer)
    owned = WebhookEndpoint.objects.filter(tenant=tenant)
    if request.method == "POST":
        row = owned.select_related("tenant").filter(pk=_uuid(request.POST.get("channel", ""))).first()
        if row is None:
            raise Http404
        act(request, row)
        return redirect(list_url(viewer, tenant))
    rows = list(owned.annotate(failed=Count("deliveries", filter=FAILED)))
    found = matching(request.GET, rows, lambda row: (row.name, row.get_kind_display(), row.shown_url))
    shown = {
        "tenant": tenant,
        "count": len(rows),
        "rows": sorted_rows(found, sort_key(request.GET, COLUMNS), BY),
        "columns": linked_columns(request.GET, COLUMNS),
        "filters": _filters(request, viewer, has_rows=bool(rows)),
        "kinds": [
            (kind.label, f"{reverse('admin:channel_new')}?kind={kind.value}{query_of(viewer, tenant, '&')}")
            for kind in Kind
        ],
        "most": MAX_ENDPOINTS,
    }
    return render(request, "admin_console/channels/list.html", {**page, **shown})


def _filters(request: HttpRequest, viewer: Viewer, *, has_rows: bool) -> FilterBar | None:
    selects = tenant_selects(viewer, any_label="the operators")
    if not selects and not has_rows:
        return None
    return FilterBar.of(request.GET, selects=selects, search="Name, kind or address" if has_rows else "")


def channel_new(request: HttpRequest, viewer: Viewer, page: dict[str, Any]) -> HttpResponse:
    kind = request.GET.get("kind", "")
    if kind not in Kind.values:
        raise Http404
    tenant = tenant_in_url(request, viewer)
    form = ChannelForm(request.POST or None, kind=kind, is_of_tenant=tenant is not None)
    made: list[tuple[WebhookEndpoint, str]] = []

    def create() -> None:
        by: dict[str, Any] = {"actor": actor_of(request), "now": now()}
        made.append(create_endpoint(tenant=tenant, kind=kind, **form.cleaned_data, **by))

    if request.method == "POST" and form.is_valid() and is_accepted(form, create):
        (row, secret) = made[0]
        if secret:
            return _secret_page(request, page, row, secret)
        messages.success(request, f"{row.name} is set up. Test it to see whether it works.")
        return redirect("admin:channel", id=row.pk)
    shown = {"form": form, "kind": Kind(kind), "tenant": tenant, "list_url": list_url(viewer, tenant)}
    return render(request, "admin_console/channels/new.html", {**page, **shown})


def channel(request: HttpRequest, viewer: Viewer, page: dict[str, Any], id: UUID) -> HttpResponse:
    row = channel_in_reach(viewer, id)
    changed, rotated = request.POST.get("verb") == "change", request.POST.get("verb") == "rotate"
    form = ChannelForm(
        request.POST if changed else None,
        kind=row.kind,
        is_of_tenant=row.tenant_id is not None,
        row=row,
        initial=_initial(row),
    )
    rotate = RotateForm(request.POST if rotated else None)
    if changed and form.is_valid() and is_accepted(form, lambda: _change(request, row, form)):
        messages.success(request, "It is changed.")
        return redirect(request.get_full_path())
    if rotated and rotate.is_valid():
        return _rotate(request, page, row, rotate)
    if request.method == "POST" and not changed and not rotated:
        is_there = act(request, row)
        return redirect(request.get_full_path() if is_there else list_url(viewer, row.tenant))
    shown = {
        "row": row,
        "form": form,
        "rotate": rotate if row.kind == Kind.WEBHOOK else None,
        "signs_twice": row.has_old_secret(now()),
        "list_url": list_url(viewer, row.tenant),
        "most_tests": MOST_TESTS,
        "states": STATES_SHOWN,
        **log_of(request, row),
    }
    return render(request, "admin_console/channels/one.html", {**page, **shown})


def _change(request: HttpRequest, row: WebhookEndpoint, form: ChannelForm) -> None:
    change_endpoint(row=row, **form.cleaned_data, actor=actor_of(request), now=now())


def _rotate(
    request: HttpRequest, page: dict[str, Any], row: WebhookEndpoint, form: RotateForm
) -> HttpResponse:
    try:
        secret = rotate_secret(row=row, **form.cleaned_data, actor=actor_of(request), now=now())
    except MeteringError as error:
        messages.error(request, error.message)
        return redirect(request.get_full_path())
    return _secret_page(request, page, row, secret)


def _secret_page(
    request: HttpRequest, page: dict[str, Any], row: WebhookEndpoint, secret: str
) -> HttpResponse:
    """Answers the POST that made the secret, and is nowhere else: whoever reloads it sees none."""
    shown = {"row": row, "secret": secret, "page_url": reverse("admin:channel", args=[row.pk])}
    return render(request, "admin_console/channels/secret.html", {**page, **shown})


def _initial(row: WebhookEndpoint) -> dict[str, Any]:
    return {"name": row.name, "events": row.events}


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
