"""What calls said, as rows: what is in them is sealed, and shown on a call's page only, where each look is noted."""

from django.contrib import admin

from admin_console.display import moment
from admin_console.filters import TenantSlug
from admin_console.history import HIDDEN, HistoryAdmin
from admin_console.site import console
from metering.models import CallContent


@admin.register(CallContent, site=console)
class CallContentAdmin(HistoryAdmin):
    list_display = ("reservation_id", "tenant", "mode", moment("created_at"), moment("expires_at"))
    list_filter = (TenantSlug, "mode")
    search_fields = ("reservation_id",)
    search_help_text = "Reservation id"
    hidden = HIDDEN | {"content"}
