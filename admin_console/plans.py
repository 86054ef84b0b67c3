"""What can be bought: plans with their features, LLM access, rules and budgets on one page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from admin_console.base import ConsoleAdmin, ConsoleInline
from admin_console.display import amount_of, links
from admin_console.site import console
from metering.models import Budget, Feature, Plan, PlanFeature, PlanLLMAccess, PolicyRule, Task


class AccessForm(forms.ModelForm):
    class Meta:
        widgets = {"allowed_classes": UnfoldAdminCheckboxSelectMultipleWidget}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        allowed, default = values.get("allowed_classes"), values.get("default_class")
        if allowed is not None and default is not None and default not in allowed:
            self.add_error("default_class", "The default class must be one of the allowed classes.")
        return values


class FeatureInline(ConsoleInline):
    model = PlanFeature
    tab = True


class AccessInline(ConsoleInline):
    model = PlanLLMAccess
    form = AccessForm
    tab = True
    fields = ("task", "allowed_classes", "default_class")


@admin.register(Plan, site=console)
class PlanAdmin(ConsoleAdmin):
    list_display = ("code", "name", "is_active", "feature_count", "task_count", "token_count")
    list_filter = (("is_active", BooleanRadioFilter),)
    search_fields = ("code", "name")
    inlines = (FeatureInline, AccessInline)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "name", "is_active", *(("rules", "budgets") if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), *(("rules", "budgets") if obj else ()))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counts = {
            name: Count(relation, distinct=True)
            for name, relation in (
                ("features_n", "plan_features"),
                ("tasks_n", "llm_access"),
                ("tokens_n", "ati_tokens"),
            )
        }
        return super().get_queryset(request).annotate(**counts)

    @display(description="Features")
    def feature_count(self, row: Any) -> int:
        return int(row.features_n)

    @display(description="Tasks")
    def task_count(self, row: Any) -> int:
        return int(row.tasks_n)

    @display(description="Tokens")
    def token_count(self, row: Any) -> int:
        return int(row.tokens_n)

    @display(description="Rules")
    def rules(self, row: Plan) -> str:
        rules = PolicyRule.objects.filter(scope="plan", scope_id=row.code)
        return _linked("policyrule", row, ((rule, f"{rule.key} = {rule.value}") for rule in rules))

    @display(description="Budgets")
    def budgets(self, row: Plan) -> str:
        budgets = Budget.objects.filter(scope="plan", scope_id=row.code)
        return _linked("budget", row, ((budget, _summary(budget)) for budget in budgets))


def _summary(budget: Budget) -> str:
    amount = amount_of(budget.dimension, budget.amount)
    return f"{amount} {budget.dimension} a {budget.window} per {budget.per}" + (
        "" if budget.hard else " (soft)"
    )


def _linked(model: str, plan: Plan, rows: Any) -> str:
    """Links to a plan's rows, each with its task, and one that adds another."""
    add = f"{reverse(f'admin:metering_{model}_add')}?{urlencode({'scope': 'plan', 'scope_id': plan.code})}"
    pairs = [
        (
            f"{row.task_id}: {text}" if row.task_id else text,
            reverse(f"admin:metering_{model}_change", args=(row.pk,)),
        )
        for row, text in rows
    ]
    return links([*pairs, ("add another", add)])


@admin.register(PlanFeature, site=console)
class PlanFeatureAdmin(ConsoleAdmin):
    list_display = ("plan", "feature")
    list_display_links = ("plan", "feature")
    list_select_related = ("plan", "feature")
    list_filter = ("plan", "feature")


@admin.register(PlanLLMAccess, site=console)
class PlanLLMAccessAdmin(ConsoleAdmin):
    form = AccessForm
    list_display = ("plan", "task", "classes", "default_class")
    list_select_related = ("plan", "task", "default_class")
    list_filter = ("plan", "task")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("allowed_classes")

    @display(description="Allowed classes")
    def classes(self, row: PlanLLMAccess) -> str:
        return ", ".join(item.code for item in row.allowed_classes.all())


@admin.register(Feature, site=console)
class FeatureAdmin(ConsoleAdmin):
    list_display = ("code", "name")
    search_fields = ("code", "name")


@admin.register(Task, site=console)
class TaskAdmin(ConsoleAdmin):
    list_display = ("code", "name", "feature")
    list_select_related = ("feature",)
    search_fields = ("code", "name")
