"""Vendors' keys that are kept in the database, the gateway's and tenants' own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.decorators import display

from admin_console.auditing import actor_of
from admin_console.base import ConsoleAdmin
from admin_console.filters import TenantSlug
from admin_console.provider_key_form import ProviderKeyForm
from admin_console.site import console
from metering.models import ProviderKey

OWNER = ("provider", "tenant", "label")
SEEN = ("ends_with", "created_at", "changed_at")


@admin.register(ProviderKey, site=console)
class ProviderKeyAdmin(ConsoleAdmin):
    """A key is typed in and shown nowhere, sealed or not."""

    form = ProviderKeyForm
    verb_audits = True
    list_display = ("label", "provider", "owner", "ends_with", "is_active", "changed_at")
    list_select_related = ("provider", "tenant")
    list_filter = (("provider", RelatedDropdownFilter), TenantSlug, ("is_active", BooleanRadioFilter))
    search_fields = ("label", "provider__name", "tenant__slug")
    autocomplete_fields = ("provider", "tenant")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*OWNER, *(SEEN if obj else ()), "key", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*OWNER, *SEEN) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = actor_of(request)  # a class made for this request only
        return form

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("sealed")

    def save_model(self, request: HttpRequest, obj: ProviderKey, form: Any, change: bool) -> None:
        """The form has called the verbs already, so that a refusal is a form error."""
        obj.pk = form.saved.pk
        obj.refresh_from_db()

    @display(description="Whose")
    def owner(self, row: ProviderKey) -> str:
        return row.tenant.slug if row.tenant else "the gateway's"

    @display(description="Ends with")
    def ends_with(self, row: ProviderKey) -> str:
        return f"…{row.last4}" if row.last4 else "-"
