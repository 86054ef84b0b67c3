"""The meters: what each subject used of each budget, window by window."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from unfold.decorators import display

from admin_console.display import amount_of, moment, usage_bar
from admin_console.filters import DimensionName, TenantSlug, WindowName
from admin_console.history import HistoryAdmin, uuid_of
from admin_console.site import console
from metering.models import Budget, UsageMeter


@admin.register(UsageMeter, site=console)
class UsageMeterAdmin(HistoryAdmin):
    list_display = (
        "subject_type", "subject_id", "tenant", "dimension", "window", moment("window_start"),
        "shown_used", "shown_held", "shown_limit", "share",
    )  # fmt: skip
    list_filter = (TenantSlug, DimensionName, WindowName)
    ordering = ("-id",)
    search_fields = ("id",)
    search_help_text = "Meter or budget id, or subject"
    text_columns = ("subject_id",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        amounts = {"used", "held", "overrun", "unenforced", "uncovered", "highest_limit"}
        plain = [name for name in super().get_fields(request, obj) if name not in amounts]
        return [
            *plain,
            *(f"shown_{name}" for name in sorted(amounts - {"highest_limit"})),
            "shown_limit",
            "share",
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        amount = Budget.objects.filter(pk=OuterRef("budget_id")).values("amount")[:1]
        return super().get_queryset(request).annotate(limit=Subquery(amount))

    def by_id(self, term: str) -> Q:
        identifier = uuid_of(term)
        if identifier is not None:
            return Q(budget_id=identifier)
        is_number = term.isdecimal() and len(term) < len(str(2**63))
        return Q(pk=int(term)) if is_number else Q(pk__in=[])

    @staticmethod
    def limit_of(row: Any) -> int:
        """The budget's amount now; where a rule made the meter, the highest limit it ever had."""
        return int(row.highest_limit if row.limit is None else row.limit)

    @display(description="Used")
    def shown_used(self, row: Any) -> str:
        return amount_of(row.dimension, row.used)

    @display(description="Held")
    def shown_held(self, row: Any) -> str:
        return amount_of(row.dimension, row.held)

    @display(description="Overrun")
    def shown_overrun(self, row: Any) -> str:
        return amount_of(row.dimension, row.overrun)

    @display(description="Unenforced")
    def shown_unenforced(self, row: Any) -> str:
        return amount_of(row.dimension, row.unenforced)

    @display(description="Uncovered")
    def shown_uncovered(self, row: Any) -> str:
        return amount_of(row.dimension, row.uncovered)

    @display(description="Limit")
    def shown_limit(self, row: Any) -> str:
        return amount_of(row.dimension, self.limit_of(row))

    @display(description="Used and held")
    def share(self, row: Any) -> str:
        return usage_bar(row.used, row.held, self.limit_of(row))
