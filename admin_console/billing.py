"""Statements as issued, who is told of them, how far exports are, and what vendors say of days. Each has a page where
it is worked with.
"""

from django.contrib import admin

from admin_console.display import moment
from admin_console.history import HIDDEN, HistoryAdmin
from admin_console.site import console
from metering.models import BillingProfile, ExportPosition, ReconciledDay, Statement


@admin.register(Statement, site=console)
class StatementAdmin(HistoryAdmin):
    list_display = ("id", "tenant", "number", "month", moment("issued_at"))
    list_select_related = ("tenant",)
    ordering = ("-id",)
    hidden = HIDDEN | {"figures"}


@admin.register(BillingProfile, site=console)
class BillingProfileAdmin(HistoryAdmin):
    list_display = ("tenant", "statements_to", "recipient", "customer_id")
    list_select_related = ("tenant", "recipient")
    ordering = ("pk",)
    search_fields = ("customer_id",)
    search_help_text = "Customer id"
    text_columns = ("customer_id",)


@admin.register(ExportPosition, site=console)
class ExportPositionAdmin(HistoryAdmin):
    list_display = ("target", moment("recorded_at"), "rows", "last_error")
    ordering = ("pk",)


@admin.register(ReconciledDay, site=console)
class ReconciledDayAdmin(HistoryAdmin):
    list_display = (
        "id", "day", "provider_name", "model", "vendor_nano_usd", "metered_nano_usd", "own_difference_nano_usd",
        "booked_nano_usd",
    )  # fmt: skip
    ordering = ("-id",)
