"""Customers: the tenants."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminSelectWidget

from admin_console.auditing import actor_of
from admin_console.base import ConsoleAdmin
from admin_console.dialogs import AssignPlanDialog, back_to
from admin_console.display import joined, links
from admin_console.fields.conditions import zone_choices
from admin_console.markup_field import MarkupField
from admin_console.site import console
from admin_console.words import MODES, WEEKDAYS
from metering.errors import MeteringError
from metering.identity.tenants.assign_plan import assign_plan
from metering.identity.tenants.set_tenant_status import set_tenant_status
from metering.models import ATIToken, Tenant


class TenantForm(forms.ModelForm):
    markup_percent = MarkupField(
        "What its calls cost above the vendors' prices, such as 5 %; below zero: less."
    )
    timezone = forms.ChoiceField(
        label="Time zone",
        initial="UTC",
        choices=zone_choices,
        widget=UnfoldAdminSelect2Widget,
        help_text="Whose days and months count for its budgets and reports.",
    )
    week_start = forms.TypedChoiceField(
        label="Week starts on",
        coerce=int,
        initial=0,
        choices=list(enumerate(WEEKDAYS)),
        widget=UnfoldAdminSelectWidget,
    )
    enforcement_mode = forms.ChoiceField(
        label="Once a limit is reached",
        initial="enforce",
        choices=list(MODES.items()),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored, zones = self.instance.timezone, zone_choices()
        if "timezone" in self.fields and stored not in dict(zones):  # stored before names were checked
            self.fields["timezone"].choices = [(stored, f"{stored}: unknown"), *zones]  # type: ignore[attr-defined]

    def clean_status(self) -> str:
        status = str(self.cleaned_data["status"])
        if self.initial.get("status") == Tenant.Status.CLOSED != status:
            raise forms.ValidationError("A closed tenant is closed for good.")
        return status


@admin.register(Tenant, site=console)
class TenantAdmin(ConsoleAdmin):
    form = TenantForm
    list_display = ("slug", "name", "shown_status", "enforcement_mode", "timezone", "plans", "created_at")
    list_filter = (("status", ChoicesDropdownFilter), ("enforcement_mode", ChoicesDropdownFilter))
    search_fields = ("slug", "name", "id")
    fields = (
        "slug",
        "name",
        "status",
        "timezone",
        "week_start",
        "enforcement_mode",
        "markup_percent",
        "created_at",
        "related",
    )
    readonly_fields = ("created_at", "related")
    actions_detail = ("assign_plan",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        live = ATIToken.objects.live(now()).filter(tenant=OuterRef("pk")).order_by("plan_tier_id")
        return (
            super()
            .get_queryset(request)
            .annotate(plan_codes=ArraySubquery(live.values("plan_tier_id").distinct()))
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if obj else self.fields[:7]

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """The status goes through its verb, which also keeps closed tenants closed."""
        status, before = obj.status, form.initial.get("status")
        if change and status != before:
            obj.status = before
            super().save_model(request, obj, form, change)
            set_tenant_status(tenant=obj, status=Tenant.Status(status), actor=actor_of(request), now=now())
            obj.status = status
        else:
            super().save_model(request, obj, form, change)

    @display(description="Status", label={"ACTIVE": "success", "SUSPENDED": "warning", "CLOSED": "danger"})
    def shown_status(self, row: Tenant) -> str:
        return str(row.status)

    @display(description="Plans")
    def plans(self, row: Any) -> str:
        return joined(row.plan_codes)

    @display(description="Related")
    def related(self, row: Tenant) -> str:
        nouns = {
            "team": "teams",
            "user": "users",
            "atitoken": "tokens",
            "providerkey": "provider keys",
            "policyrule": "rules",
            "budget": "budgets",
        }
        return links(
            (title, f"{reverse(f'admin:metering_{model}_changelist')}?tenant={row.slug}")
            for model, title in nouns.items()
        )

    @action(
        description="Assign plan",
        icon="sell",
        variant=ActionVariant.PRIMARY,
        permissions=["change"],
        dialog={
            "title": "Assign a plan",
            "description": "All live ATI tokens of this tenant move to the plan at once.",
            "form_class": AssignPlanDialog,
            "form_submit_text": "Assign",
        },
    )
    def assign_plan(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        plan = form.cleaned_data["plan"]
        try:
            tenant = self.row_or_404(request, object_id)
            moved = assign_plan(tenant=tenant, plan_code=plan.code, actor=actor_of(request), now=now())
            self.message_user(request, f"{moved} tokens moved to {plan.code}.", messages.SUCCESS)
        except MeteringError as error:
            self.message_user(request, error.message, messages.ERROR)
        return back_to("tenant", object_id)
