"""What meters began with, and what is kept so that they are right: openings, recounts, watched limits, plans in use."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from unfold.decorators import display

from admin_console.display import amount_of, moment
from admin_console.history import HistoryAdmin
from admin_console.site import console
from metering.models import LimitWatch, MeterRecount, OpeningEntry, PlanUse, UsageMeter


class OfMeterAdmin(HistoryAdmin):
    """Rows of meters, searched by the meter's id."""

    search_fields = ("meter_id",)
    search_help_text = "Meter id"
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        dimension = UsageMeter.objects.filter(pk=OuterRef("meter_id")).values("dimension")[:1]
        return super().get_queryset(request).annotate(of=Subquery(dimension))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        fits = term.isdecimal() and len(term) < len(str(2**63))
        return (queryset.filter(meter_id=int(term)) if fits else queryset.none()), False

    @display(description="Dimension")
    def dimension(self, row: Any) -> str:
        return row.of or "-"


@admin.register(OpeningEntry, site=console)
class OpeningEntryAdmin(OfMeterAdmin):
    list_display = (moment("recorded_at"), "meter_id", "dimension", "shown_amount", "of_dropped")

    @display(description="Taken over")
    def shown_amount(self, row: Any) -> str:
        return amount_of(row.of, row.amount)


@admin.register(MeterRecount, site=console)
class MeterRecountAdmin(OfMeterAdmin):
    list_display = (moment("due_at"), "meter_id", "dimension")


@admin.register(LimitWatch, site=console)
class LimitWatchAdmin(OfMeterAdmin):
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
