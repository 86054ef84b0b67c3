"""Answers that are kept for repeated requests. What is in them is sealed, and not shown."""

from django.contrib import admin

from admin_console.display import moment
from admin_console.filters import TenantSlug
from admin_console.history import HIDDEN, HistoryAdmin
from admin_console.site import console
from metering.models import KeptAnswer


@admin.register(KeptAnswer, site=console)
class KeptAnswerAdmin(HistoryAdmin):
    list_display = ("reservation_id", "tenant", moment("expires_at"))
    list_filter = (TenantSlug,)
    search_fields = ("reservation_id",)
    search_help_text = "Reservation id"
    hidden = HIDDEN | {"content"}
