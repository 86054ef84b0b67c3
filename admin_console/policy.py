"""What is allowed, and how much: rules and budgets."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from admin_console.base import ConsoleAdmin
from admin_console.display import amount_of
from admin_console.filters import TenantSlug
from admin_console.policy_forms import BudgetForm, RuleForm
from admin_console.site import console
from metering.models import Budget, PolicyRule

FILTERS = (
    TenantSlug,
    ("scope", ChoicesDropdownFilter),
    ("mode", ChoicesDropdownFilter),
    ("is_active", BooleanRadioFilter),
)


class PolicyAdmin(ConsoleAdmin):
    """A row with a scope: gateway, plan, tenant, or somebody in a tenant."""

    list_select_related = ("tenant", "task")
    autocomplete_fields = ("tenant",)
    readonly_fields = ("created_at",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        usual = {"scope": "tenant", "dimension": "cost", "window": "month", "per": "tenant"}
        return {**usual, **super().get_changeform_initial_data(request)}

    @display(description="Scope", ordering="scope")
    def whom(self, row: Any) -> str:
        return " ".join(filter(None, (row.scope, row.tenant.slug if row.tenant else "", row.scope_id)))


@admin.register(PolicyRule, site=console)
class PolicyRuleAdmin(PolicyAdmin):
    form = RuleForm
    list_display = ("whom", "key", "value", "task", "mode", "priority", "conditions", "is_active")
    list_filter = FILTERS
    search_fields = ("key", "scope_id", "tenant__slug")
    fieldsets = (
        ("For whom", {"fields": (("scope", "tenant"), ("scope_id", "task"))}),
        (
            "What",
            {
                "fields": (
                    ("key", "value"),
                    "conditions",
                    ("mode", "enforce_percent"),
                    ("priority", "is_active"),
                )
            },
        ),
    )


@admin.register(Budget, site=console)
class BudgetAdmin(PolicyAdmin):
    form = BudgetForm
    list_display = (
        "whom",
        "per",
        "task",
        "model_class",
        "dimension",
        "window",
        "shown_amount",
        "hard",
        "mode",
        "is_active",
    )
    list_filter = (*FILTERS, ("dimension", ChoicesDropdownFilter), ("window", ChoicesDropdownFilter))
    search_fields = ("scope_id", "tenant__slug", "id")
    fieldsets = (
        ("For whom", {"fields": (("scope", "tenant"), ("scope_id", "task"))}),
        ("What is counted", {"fields": (("dimension", "window"), ("per", "model_class"))}),
        (
            "How much",
            {
                "fields": (
                    ("amount", "thresholds"),
                    ("mode", "enforce_percent"),
                    ("on_expiry", "hard"),
                    "is_active",
                )
            },
        ),
    )

    @display(description="Amount", ordering="amount")
    def shown_amount(self, row: Budget) -> str:
        return amount_of(row.dimension, row.amount)
