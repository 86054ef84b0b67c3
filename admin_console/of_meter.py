"""Pages of rows that belong to meters, which are found by the meter's id."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from unfold.decorators import display

from admin_console.history import HistoryAdmin
from metering.models import UsageMeter


class OfMeterAdmin(HistoryAdmin):
    """Rows of meters, searched by the meter's id."""

    search_fields = ("meter_id",)
    search_help_text = "Meter id"

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
