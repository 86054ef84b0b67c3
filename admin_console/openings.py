"""What meters began with, and what is kept so that they are right: openings, recounts, watched limits, plans in use."""

from typing import Any

from django.contrib import admin
from unfold.decorators import display

from admin_console.display import amount_of, moment
from admin_console.history import HistoryAdmin
from admin_console.of_meter import OfMeterAdmin
from admin_console.site import console
from metering.models import LimitWatch, MeterRecount, OpeningEntry, PlanUse


@admin.register(OpeningEntry, site=console)
class OpeningEntryAdmin(OfMeterAdmin):
    ordering = ("-id",)
    list_display = (moment("recorded_at"), "meter_id", "dimension", "shown_amount", "of_dropped")

    @display(description="Taken over")
    def shown_amount(self, row: Any) -> str:
        return amount_of(row.of, row.amount)


@admin.register(MeterRecount, site=console)
class MeterRecountAdmin(OfMeterAdmin):
    ordering = ("-id",)
    list_display = (moment("due_at"), "meter_id", "dimension")


@admin.register(LimitWatch, site=console)
class LimitWatchAdmin(OfMeterAdmin):
    ordering = ("-id",)
    list_display = ("meter_id", "budget_id", "dimension", "shown_limit", "thresholds", "alerted")

    @display(description="Limit")
    def shown_limit(self, row: Any) -> str:
        return amount_of(row.of, row.limit)


@admin.register(PlanUse, site=console)
class PlanUseAdmin(HistoryAdmin):
    list_display = ("tenant", "plan", moment("since"))
    ordering = ("-id",)
    search_fields = ("plan",)
    search_help_text = "Plan"
    text_columns = ("plan",)
