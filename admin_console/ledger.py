"""The ledger's pages: what was charged, period by period."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from admin_console.display import amount_of, meter_lines, moment, tokens
from admin_console.filters import TenantSlug, When, choice_filter
from admin_console.history import HistoryAdmin
from admin_console.list_totals import USAGE
from admin_console.of_meter import OfMeterAdmin
from admin_console.site import console
from metering.models import ClosingBalance, LedgerEntry, LedgerPeriod
from metering.types import EntryKind

KindName = choice_filter("kind", lambda: [(str(kind.value), kind.name) for kind in EntryKind])


@admin.register(LedgerEntry, site=console)
class LedgerEntryAdmin(HistoryAdmin):
    list_display = (
        moment("recorded_at"), "kind_name", "tenant", "requests", tokens, "cost",
        "reservation_id",
    )  # fmt: skip
    list_filter = (When, TenantSlug, KindName)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Entry or reservation id"
    family_column = "id"
    totals = USAGE

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = {"meter_ids", "charges"}
        return [*(name for name in super().get_fields(request, obj) if name not in hidden), "lines"]

    @display(description="Charges")
    def lines(self, row: LedgerEntry) -> str:
        """Meter by meter, each in its own unit."""
        return meter_lines(row.meter_ids, row.charges)

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
    list_display = ("month", "state_name", moment("sealed_at"), moment("dropped_at"))

    @display(description="State", label={"open": "success", "sealed": "info", "dropped": "warning"})
    def state_name(self, row: Any) -> str:
        return str(row.state)


@admin.register(ClosingBalance, site=console)
class ClosingBalanceAdmin(OfMeterAdmin):
    list_display = ("month", "meter_id", "dimension", "shown_charged")
    ordering = ("-month", "-meter_id")  # one direction, so that the unique index serves it

    @display(description="Charged")
    def shown_charged(self, row: Any) -> str:
        return amount_of(row.of, row.charged)
