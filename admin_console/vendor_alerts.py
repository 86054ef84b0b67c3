"""What was noticed about vendors: for super admins alone, as all of the console but the simulator."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from unfold.decorators import action, display

from admin_console.auditing import actor_of
from admin_console.dialogs import ConfirmDialog, back_to
from admin_console.display import links, moment
from admin_console.filters import ProviderName, TenantSlug, When
from admin_console.history import HistoryAdmin
from admin_console.list_totals import USAGE
from admin_console.site import console
from metering.alerts.acknowledge_vendor_alert import acknowledge_vendor_alert
from metering.models import VendorAlert


@admin.register(VendorAlert, site=console)
class VendorAlertAdmin(HistoryAdmin):
    list_display = (
        moment("raised_at"), "kind", "provider_name", "model", "day", "times_seen", "tenant", "cost",
        moment("acknowledged_at"),
    )  # fmt: skip
    list_filter = (When, ProviderName, TenantSlug)
    list_select_related = ("acknowledged_by",)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Alert id, or model"
    text_columns = ("model",)
    totals = {"cost_nano_usd": USAGE["cost_nano_usd"]}
    actions_detail = ("acknowledge",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_fields(request, obj), "calls", "told"]

    def has_operator_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_view_permission(request)

    @display(description="Calls")
    def calls(self, row: VendorAlert) -> str:
        log = reverse("admin:metering_usagelog_changelist")
        return links(
            (
                ("the first", f"{log}?q={row.reservation_id}"),
                ("all of this vendor", f"{log}?estimate_reason=impossible&provider_name={row.provider_name}"),
            )
        )

    @display(description="Told")
    def told(self, row: VendorAlert) -> str:
        return "; ".join(map(str, row.deliveries.select_related("endpoint").order_by("id"))) or "nobody"

    @action(
        description="Acknowledge",
        icon="check",
        permissions=["operator"],
        dialog={
            "title": "Acknowledge this alert",
            "description": "You look after it. The first who says so stays.",
            "form_class": ConfirmDialog,
            "form_submit_text": "Acknowledge",
        },
    )
    def acknowledge(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        alert = self.row_or_404(request, object_id)
        user: Any = request.user  # an operator, or the page would not have opened
        done = acknowledge_vendor_alert(alert=alert, by=user, actor=actor_of(request), now=now())
        self.message_user(request, f"{done.acknowledged_by} looks after it.", messages.SUCCESS)
        return back_to("vendoralert", object_id)
