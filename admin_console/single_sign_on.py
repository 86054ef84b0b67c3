"""What groups and addresses of the identity provider mean here, and who is linked to it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from admin_console.auditing import actor_of
from admin_console.base import ConsoleAdmin
from admin_console.display import moment
from admin_console.filters import TenantSlug
from admin_console.site import console
from metering.identity.single_sign_on.unlink import unlink
from metering.models import EmailDomain, ExternalIdentity, GroupMapping


@admin.register(GroupMapping, site=console)
class GroupMappingAdmin(ConsoleAdmin):
    list_display = ("group", "role", "tenant", "team", "token")
    list_select_related = ("tenant", "team__tenant", "token__tenant")
    list_filter = (TenantSlug, ("role", ChoicesDropdownFilter))
    search_fields = ("group", "tenant__slug", "team__slug")
    autocomplete_fields = ("tenant", "team", "token")
    fields = ("group", "tenant", "role", "team", "token")


@admin.register(EmailDomain, site=console)
class EmailDomainAdmin(ConsoleAdmin):
    list_display = ("domain", "tenant")
    list_select_related = ("tenant",)
    list_filter = (TenantSlug,)
    search_fields = ("domain", "tenant__slug")
    autocomplete_fields = ("tenant",)


@admin.register(ExternalIdentity, site=console)
class ExternalIdentityAdmin(ConsoleAdmin):
    """Written by signing in. To delete one unlinks the person, who loses what groups gave and may be linked anew."""

    list_display = ("user", "subject", "given_role", "is_shut", moment("last_sign_in_at"))
    list_select_related = ("user",)
    search_fields = ("subject", "user__email")
    fields = ("user", "issuer", "subject", "made_user", "given_role", "is_shut", moment("last_sign_in_at"))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: ExternalIdentity) -> None:
        unlink(identity=obj, actor=actor_of(request), now=now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ExternalIdentity]) -> None:
        for row in queryset:
            self.delete_model(request, row)
