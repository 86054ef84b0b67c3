"""Overrides, top-ups and requests for quota as they are kept. Each has a page where it is worked with."""

from django.contrib import admin

from admin_console.display import moment
from admin_console.filters import TenantSlug
from admin_console.history import HistoryAdmin
from admin_console.site import console
from metering.models import BudgetOverride, QuotaRequest


@admin.register(BudgetOverride, site=console)
class BudgetOverrideAdmin(HistoryAdmin):
    list_display = ("id", "kind", "tenant", "budget", moment("created_at"), moment("ends_at"), "reference")
    list_filter = (TenantSlug,)
    list_select_related = ("tenant", "budget")
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Override id, or reference"
    text_columns = ("reference",)


@admin.register(QuotaRequest, site=console)
class QuotaRequestAdmin(HistoryAdmin):
    list_display = ("id", "state", "tenant", "budget", "asked_by", moment("created_at"), moment("decided_at"))
    list_filter = (TenantSlug,)
    list_select_related = ("tenant", "budget")
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Request id, or who asked"
    text_columns = ("asked_by",)
