"""Teams and who is in them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from admin_console.base import ConsoleAdmin, ConsoleInline
from admin_console.filters import TenantSlug
from admin_console.site import console
from metering.models import Membership, Team


class MembershipInline(ConsoleInline):
    model = Membership
    autocomplete_fields = ("user",)
    fields = ("user",)


@admin.register(Team, site=console)
class TeamAdmin(ConsoleAdmin):
    list_display = ("slug", "name", "tenant", "people", "created_at")
    list_select_related = ("tenant",)
    list_filter = (TenantSlug,)
    search_fields = ("slug", "name", "tenant__slug")
    autocomplete_fields = ("tenant",)
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).select_related("tenant").annotate(people_count=Count("memberships"))
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "tenant") if obj else fields  # a team never moves between tenants

    @display(description="People", ordering="people_count")
    def people(self, row: Any) -> int:
        return int(row.people_count)


@admin.register(Membership, site=console)
class MembershipAdmin(ConsoleAdmin):
    list_display = ("user", "team_name", "tenant", "created_at")
    list_select_related = ("user", "team__tenant")
    search_fields = ("user__email", "team__slug")
    autocomplete_fields = ("team", "user")

    @display(description="Team", ordering="team__slug")
    def team_name(self, row: Membership) -> str:
        return row.team.slug

    @display(description="Tenant")
    def tenant(self, row: Membership) -> str:
        return row.team.tenant.slug
