"""The audit trail."""

from django.contrib import admin

from admin_console.display import moment
from admin_console.filters import TenantSlug, When
from admin_console.history import HistoryAdmin
from admin_console.site import console
from metering.models import AuditEvent


@admin.register(AuditEvent, site=console)
class AuditEventAdmin(HistoryAdmin):
    list_display = (moment("at"), "action", "actor", "tenant", "object_type", "object_id")
    list_filter = (When, TenantSlug)
    ordering = ("-id",)  # the ids carry the time; `at` has no index of its own
    search_fields = ("id",)
    search_help_text = "Event id, object id, actor or action"
    text_columns = ("object_id", "actor", "action")
