"""The meters: what each subject used, window by window, and the tightest limit on it."""

from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.http import HttpRequest
from unfold.decorators import display

from admin_console.display import amount_of, moment, usage_bar
from admin_console.filters import DimensionName, TenantSlug, WindowName
from admin_console.history import HistoryAdmin, uuid_of
from admin_console.site import console
from metering.models import ATIToken, Budget, UsageMeter


@admin.register(UsageMeter, site=console)
class UsageMeterAdmin(HistoryAdmin):
    list_display = (
        "subject_type", "subject_id", "tenant", "dimension", "window", "only", moment("window_start"),
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
        return super().get_queryset(request).annotate(limit=_Least(_standing_on_meter().values("amount")))

    def by_id(self, term: str) -> Q:
        identifier = uuid_of(term)
        if identifier is not None:
            return Q(Exists(_standing_on_meter().filter(pk=identifier)))
        is_number = term.isdecimal() and len(term) < len(str(2**63))
        return Q(pk=int(term)) if is_number else Q(pk__in=[])

    @staticmethod
    def limit_of(row: Any) -> int:
        """The smallest amount of the budgets on it now; where there is none, the highest limit that it ever had."""
        return int(row.highest_limit if row.limit is None else row.limit)

    @display(description="Only")
    def only(self, row: Any) -> str:
        return " ".join(filter(None, (row.task, row.model_class))) or "-"

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


class _Least(Subquery):
    """The smallest amount of a subquery's rows."""

    template = "(SELECT min(amount) FROM (%(subquery)s) standing)"
    output_field = BigIntegerField()


def _standing_on_meter() -> QuerySet[Budget]:
    """The active budgets that stand on the meter of an outer query."""
    meter = OuterRef
    tokens = ATIToken.objects.live(Now()).filter(tenant=OuterRef(OuterRef("tenant_id")))
    plans = tokens.order_by().values("plan_tier")
    own = Q(tenant=meter("tenant_id")) & (Q(scope_id=meter("subject_id")) | Q(scope="tenant"))
    of_all = Q(scope="global") | Q(scope="provider", scope_id=meter("subject_id"))
    return (
        Budget.objects.order_by()
        .annotate(only_task=Coalesce("task_id", Value("")), only_class=Coalesce("model_class_id", Value("")))
        .filter(
            own | of_all | Q(scope="plan", scope_id__in=Subquery(plans)),
            is_active=True,
            per=meter("subject_type"),
            dimension=meter("dimension"),
            window=meter("window"),
            only_task=meter("task"),
            only_class=meter("model_class"),
        )
    )
