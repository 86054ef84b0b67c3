"""What was noticed about limits, what else people are told, and whom it was told."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from admin_console.alert_pages.view import TYPES
from admin_console.display import amount_of, moment
from admin_console.filters import DimensionName, TenantSlug, When, choice_filter
from admin_console.history import HIDDEN, HistoryAdmin, uuid_of
from admin_console.site import console
from metering.alerts.deliver import ABOUT
from metering.alerts.message import whose_use
from metering.models import AlertDelivery, Notice, QuotaAlert, WebhookEndpoint

SEALED = frozenset({"sealed_url", "sealed_secret", "sealed_old_secret"})
AMOUNTS = ("used", "held", "requested", "limit")
State = AlertDelivery.State
StateName = choice_filter("state", lambda: [(str(state.value), str(state.label)) for state in State])


@admin.register(QuotaAlert, site=console)
class QuotaAlertAdmin(HistoryAdmin):
    list_display = (
        moment("raised_at"), "type_name", "threshold", "tenant", "subject_type", "subject_id", "dimension",
        "window", "shown_used", "shown_limit", moment("acknowledged_at"),
    )  # fmt: skip
    list_filter = (When, TenantSlug, DimensionName)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Alert id, or subject"
    text_columns = ("subject_id",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        plain = [name for name in super().get_fields(request, obj) if name not in AMOUNTS]
        return ["type_name", "whose", *plain, *(f"shown_{name}" for name in AMOUNTS), "told"]

    @display(
        description="Kind", label={"warning": "warning", "critical": "danger", "limit reached": "danger"}
    )
    def type_name(self, row: QuotaAlert) -> str:
        return TYPES[row.type][0]

    @display(description="Whose use")
    def whose(self, row: QuotaAlert) -> str:
        return whose_use(row)

    @display(description="Used")
    def shown_used(self, row: QuotaAlert) -> str:
        return amount_of(row.dimension, row.used)

    @display(description="Held")
    def shown_held(self, row: QuotaAlert) -> str:
        return amount_of(row.dimension, row.held)

    @display(description="Needed by the denied call")
    def shown_requested(self, row: QuotaAlert) -> str:
        return amount_of(row.dimension, row.requested)

    @display(description="Limit")
    def shown_limit(self, row: QuotaAlert) -> str:
        return amount_of(row.dimension, row.limit)

    @display(description="Told")
    def told(self, row: QuotaAlert) -> str:
        return "; ".join(map(str, row.deliveries.select_related("endpoint").order_by("id"))) or "nobody"


@admin.register(Notice, site=console)
class NoticeAdmin(HistoryAdmin):
    list_display = (moment("created_at"), "type", "tenant", "audience", "user", "subject")
    list_filter = (When, TenantSlug)
    list_select_related = ("tenant", "user")
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Notice id, or type"
    text_columns = ("type",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Without what programs tell it apart by, and find its page by."""
        return [name for name in super().get_fields(request, obj) if name not in ("dedupe_key", "path")]


@admin.register(WebhookEndpoint, site=console)
class WebhookEndpointAdmin(HistoryAdmin):
    """Channels are changed on their own pages."""

    list_display = (
        "name", "kind", "tenant", "shown_url", "is_active", "failing_since", moment("created_at"),
    )  # fmt: skip
    list_filter = (TenantSlug,)
    list_select_related = ("tenant",)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Channel id, or name"
    text_columns = ("name",)
    hidden = HIDDEN | SEALED


@admin.register(AlertDelivery, site=console)
class AlertDeliveryAdmin(HistoryAdmin):
    list_display = (
        "id", "state_name", "channel", "recipient", "endpoint", "alert", "vendor_alert", "password_reset", "invitation",
        "notice", "attempts", moment("next_attempt_at"), moment("sent_at"), "last_error",
    )  # fmt: skip
    list_filter = (StateName,)
    list_select_related = ("endpoint", *ABOUT)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Alert id, or recipient"
    text_columns = ("recipient",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("endpoint", *ABOUT)

    def by_id(self, term: str) -> Any:
        identifier = uuid_of(term)
        if identifier is None:
            return Q(pk__in=[])
        return Q(alert_id=identifier) | Q(vendor_alert_id=identifier) | Q(notice_id=identifier)

    @display(
        description="State",
        label={
            "pending": "info",
            "sending": "info",
            "sent": "success",
            "failed": "danger",
            "uncertain": "warning",
            "no_server": "warning",
        },
    )
    def state_name(self, row: AlertDelivery) -> tuple[str, str]:
        return row.state, row.get_state_display()
