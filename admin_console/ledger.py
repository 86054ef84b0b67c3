"""The books: what was charged, period by period."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from admin_console.filters import TenantSlug, When, choice_filter
from admin_console.history import HistoryAdmin
from admin_console.site import console
from metering.models import ClosingBalance, LedgerEntry, LedgerPeriod
from metering.types import EntryKind

KindName = choice_filter("kind", lambda: [(str(kind.value), kind.name) for kind in EntryKind])


@admin.register(LedgerEntry, site=console)
class LedgerEntryAdmin(HistoryAdmin):
    list_display = (
        "recorded_at", "kind_name", "tenant", "requests", "input_tokens", "output_tokens", "cost",
        "reservation_id",
    )  # fmt: skip
    list_filter = (When, TenantSlug, KindName)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Entry or reservation id"
    family_column = "id"

    @display(
        description="Kind",
        label={
            "SETTLE": "success",
            "RELEASE": "warning",
            "EXPIRE": "danger",
            "TRUE_UP": "info",
            "ADJUST": "info",
        },
    )
    def kind_name(self, row: Any) -> str:
        return EntryKind(row.kind).name


@admin.register(LedgerPeriod, site=console)
class LedgerPeriodAdmin(HistoryAdmin):
    list_display = ("month", "state_name", "sealed_at", "dropped_at")

    @display(description="State", label={"open": "success", "sealed": "info", "dropped": "warning"})
    def state_name(self, row: Any) -> str:
        return str(row.state)


@admin.register(ClosingBalance, site=console)
class ClosingBalanceAdmin(HistoryAdmin):
    list_display = ("month", "meter_id", "charged")
    ordering = ("-month", "-meter_id")  # one direction, so that the unique index serves it
    search_fields = ("meter_id",)
    search_help_text = "Meter id"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        fits = term.isdecimal() and len(term) < len(str(2**63))
        return (queryset.filter(meter_id=int(term)) if fits else queryset.none()), False
