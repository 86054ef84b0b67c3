"""What is allowed, and how much: rules and budgets."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from admin_console.base import ConsoleAdmin
from admin_console.blast_radius import preview_of
from admin_console.budget_form import BudgetForm
from admin_console.display import amount_of
from admin_console.fields.whom import FIELDS, initial_whom
from admin_console.filters import TenantSlug
from admin_console.rule_form import RuleForm
from admin_console.sentences import budget_sentence, rule_sentence, when_words
from admin_console.site import console
from admin_console.subject_names import names_of, whom
from admin_console.words import MODES, dimension_word, each_word, key_word, task_word, value_word, window_word
from admin_console.zone import zone_of_tenant
from metering.models import Budget, PolicyRule

FILTERS = (
    TenantSlug,
    ("scope", ChoicesDropdownFilter),
    ("mode", ChoicesDropdownFilter),
    ("is_active", BooleanRadioFilter),
)
ASK_WHOM = ("For whom", {"fields": FIELDS})
SAY_WHOM = ("For whom", {"fields": ("whom",)})


class PolicyAdmin(ConsoleAdmin):
    """A row with a scope: gateway, plan, tenant, or somebody in a tenant. For whom it is, is asked once."""

    list_select_related = ("tenant", "task")
    readonly_fields = ("whom",)
    change_form_after_template = "admin_console/effect_panel.html"
    compressed_fields = False
    asked: tuple[Any, ...] = ()

    class Media:
        js = ("admin_console/whom.js",)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "fields": self.form._meta.fields})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        limit, *more = self.asked
        return (limit, SAY_WHOM if obj else ASK_WHOM, *more)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given = {**super().get_changeform_initial_data(request)}
        usual = {"scope": "tenant", "dimension": "cost", "window": "day"}
        return {**usual, **given, **initial_whom(given)}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        if request.method == "POST" and "effect" in request.GET:
            return self._effect(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _effect(self, request: HttpRequest, object_id: str | None) -> HttpResponse:
        """What the form as it stands would do; nothing is saved."""
        row = self.row_or_404(request, object_id) if object_id else None
        form = self.get_form(request, row, change=row is not None)(request.POST, instance=row)
        form.only_asks = True
        shown: dict[str, Any] = {"sentence": "", "preview": None}
        if form.is_valid():
            shown["sentence"] = self.sentence(form.instance)
            moment, zone = now(), zone_of_tenant(form.instance.tenant)
            shown["preview"] = preview_of(form.change(), title="What it would do", now=moment, zone=zone)
        return render(request, "admin_console/effect.html", shown)

    def sentence(self, row: Any) -> str:
        raise NotImplementedError

    @display(description="For", ordering="scope")
    def whom(self, row: Any) -> str:
        return self._named(row)

    def prepare(self, rows: list[Any]) -> None:
        names = names_of((row.scope, row.scope_id) for row in rows)
        for row in rows:
            row.whom_name = whom(row.scope, row.tenant, row.scope_id, names)

    def _named(self, row: Any) -> str:
        if not hasattr(row, "whom_name"):
            self.prepare([row])
        return str(row.whom_name)

    @display(description="Once it is reached", ordering="mode")
    def then(self, row: Any) -> str:
        return MODES.get(row.mode, row.mode)

    @display(description="Task", ordering="task")
    def for_task(self, row: Any) -> str:
        return task_word(row.task_id) or "every task"


@admin.register(PolicyRule, site=console)
class PolicyRuleAdmin(PolicyAdmin):
    form = RuleForm
    list_display = ("limit", "shown_value", "whom", "for_task", "when", "then", "set_by", "is_active")
    list_filter = FILTERS
    search_fields = ("key", "scope_id", "tenant__slug")
    asked = (
        ("Limit", {"fields": (("key", "value", "task"),)}),
        ("When", {"fields": ("conditions",)}),
        (
            "More",
            {"fields": (("mode", "enforce_percent"), ("priority", "is_active")), "classes": ("collapse",)},
        ),
    )

    @display(description="Limit", ordering="key")
    def limit(self, row: PolicyRule) -> str:
        return key_word(row.key)

    @display(description="Value", ordering="value")
    def shown_value(self, row: PolicyRule) -> str:
        return value_word(row.key, row.value)

    @display(description="When")
    def when(self, row: PolicyRule) -> str:
        return when_words(row.conditions) or "always"

    def title_of(self, row: PolicyRule) -> str:
        return f"{key_word(row.key)}: {self._named(row)}"

    def sentence(self, row: PolicyRule) -> str:
        return rule_sentence(row, self._named(row))


@admin.register(Budget, site=console)
class BudgetAdmin(PolicyAdmin):
    form = BudgetForm
    list_display = (
        "whom",
        "counted",
        "shown_amount",
        "every",
        "for_task",
        "model_class",
        "kind",
        "set_by",
        "is_active",
    )
    list_filter = (*FILTERS, ("dimension", ChoicesDropdownFilter), ("window", ChoicesDropdownFilter))
    search_fields = ("scope_id", "tenant__slug", "id")
    asked = (
        ("Limit", {"fields": (("dimension", "window", "amount"), ("per", "task", "model_class"))}),
        ("What happens", {"fields": (("hard", "thresholds"),)}),
        (
            "More",
            {"fields": (("mode", "enforce_percent"), ("on_expiry", "is_active")), "classes": ("collapse",)},
        ),
    )

    @display(description="Counted for", ordering="per")
    def counted(self, row: Budget) -> str:
        return each_word(row.per)

    @display(description="Amount", ordering="amount")
    def shown_amount(self, row: Budget) -> str:
        return amount_of(row.dimension, row.amount, with_unit=True)

    @display(description="Per", ordering="window")
    def every(self, row: Budget) -> str:
        return window_word(row.window)

    @display(description="Kind", ordering="hard")
    def kind(self, row: Budget) -> str:
        return ("hard" if row.hard else "soft") + ("" if row.mode == "enforce" else f", {MODES[row.mode]}")

    def title_of(self, row: Budget) -> str:
        return f"{dimension_word(row.dimension).capitalize()} {window_word(row.window)}: {self._named(row)}"

    def sentence(self, row: Budget) -> str:
        return budget_sentence(row, self._named(row))
