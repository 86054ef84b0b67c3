"""What was used: reservations and the usage log."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import TextFilter
from unfold.decorators import display

from admin_console.display import links, meter_lines, moment, tokens
from admin_console.filters import (
    ProviderName,
    TaskCode,
    TenantSlug,
    When,
    choice_filter,
)
from admin_console.history import HistoryAdmin
from admin_console.list_totals import USAGE
from admin_console.site import console
from admin_console.wording import usd_exact
from metering.models import UsageLog, UsageReservation
from metering.types import EstimateReason, Outcome, ReservationState

YES_OR_NO = [("1", "yes"), ("0", "no")]
WHO_AND_WHY = ("request_id", "conversation_id", "trace_id", "agent_id")
StateName = choice_filter("state", lambda: [(str(state.value), state.name) for state in ReservationState])
OutcomeName = choice_filter("outcome", lambda: [(item.value, item.value) for item in Outcome])
Estimated = choice_filter("estimated", lambda: YES_OR_NO)
ReasonName = choice_filter(
    "estimate_reason", lambda: [(item.value, item.value) for item in EstimateReason if item]
)
PartlyPriced = choice_filter("partly_priced", lambda: YES_OR_NO)
OwnKey = choice_filter("own_key", lambda: YES_OR_NO)


class ServiceTier(TextFilter):
    """One tier, as vendors call it."""

    title = "service tier"
    parameter_name = "service_tier"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        tier = (self.value() or "").strip()
        return queryset.filter(service_tier=tier) if tier else queryset


@admin.register(UsageReservation, site=console)
class UsageReservationAdmin(HistoryAdmin):
    list_display = (
        moment("created_at"), "state_name", "tenant", "task", "request_model", "provider_name",
        tokens, "cost", "request_id",
    )  # fmt: skip
    list_filter = (When, TenantSlug, StateName, TaskCode, ProviderName)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Reservation, attempt or request id"
    text_columns = WHO_AND_WHY
    family_column = "id"
    totals = USAGE

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        hidden = {"meter_ids", "amounts"}
        return [
            *(name for name in super().get_fields(request, obj) if name not in hidden),
            "holds",
            "related",
        ]

    @display(description="Holds")
    def holds(self, row: UsageReservation) -> str:
        return meter_lines(row.meter_ids, row.amounts)

    @display(
        description="State",
        label={"HELD": "info", "SETTLED": "success", "RELEASED": "warning", "EXPIRED": "danger"},
    )
    def state_name(self, row: Any) -> str:
        return ReservationState(row.state).name

    @display(description="What it led to")
    def related(self, row: Any) -> str:
        return links(
            (title, f"{reverse(f'admin:metering_{model}_changelist')}?q={row.pk}")
            for title, model in (("attempts", "usagelog"), ("ledger entries", "ledgerentry"))
        )


@admin.register(UsageLog, site=console)
class UsageLogAdmin(HistoryAdmin):
    list_display = (
        moment("started_at"), "shown_outcome", "tenant", "task", "request_model", "provider_name",
        tokens, "cost", "saved", "estimated", "estimate_reason", "partly_priced", "own_key", "service_tier",
        "latency_ms", "request_id",
    )  # fmt: skip
    list_filter = (
        When, TenantSlug, OutcomeName, TaskCode, ProviderName, Estimated, ReasonName, PartlyPriced, OwnKey,
        ServiceTier,
    )  # fmt: skip
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Attempt, reservation or request id"
    text_columns = WHO_AND_WHY
    family_column = "id"
    totals = USAGE

    @display(description="Saved")
    def saved(self, row: UsageLog) -> str:
        """By an answer from the cache."""
        return usd_exact(row.list_cost_nano_usd or 0) if row.outcome == Outcome.CACHED else ""

    @display(
        description="Outcome",
        label={
            "ok": "success",
            "error": "danger",
            "timeout": "danger",
            "cut": "warning",
            "provisional": "info",
            "cached": "info",
        },
    )
    def shown_outcome(self, row: Any) -> str:
        return str(row.outcome)
