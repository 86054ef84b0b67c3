"""Who is signed in to the API, which machines ask to be, who is invited or has asked for another password.

What proves it is not shown.
"""

from django.contrib import admin

from admin_console.filters import TenantSlug, When
from admin_console.history import HIDDEN, HistoryAdmin
from admin_console.site import console
from metering.models import DeviceLogin, Invitation, LoginSession, PasswordReset

SECRET = {"auth_hash", "refresh_id", "previous_refresh_id", "digest", "user_code_digest"}


@admin.register(LoginSession, site=console)
class LoginSessionAdmin(HistoryAdmin):
    list_display = (
        "id",
        "user",
        "tenant",
        "device",
        "created_at",
        "refreshed_at",
        "expires_at",
        "ended_at",
        "ended_by",
    )
    list_select_related = ("user",)
    list_filter = (When, TenantSlug)
    search_fields = ("id",)
    text_columns = ("user__email",)
    hidden = HIDDEN | SECRET


@admin.register(DeviceLogin, site=console)
class DeviceLoginAdmin(HistoryAdmin):
    list_display = ("id", "machine", "address", "state", "user", "created_at", "decided_at", "expires_at")
    list_select_related = ("user",)
    list_filter = (When,)
    search_fields = ("id",)
    text_columns = ("machine", "user__email")
    hidden = HIDDEN | SECRET


@admin.register(PasswordReset, site=console)
class PasswordResetAdmin(HistoryAdmin):
    list_display = ("id", "email", "user", "address", "created_at", "expires_at", "addressed_at")
    list_select_related = ("user",)
    list_filter = (When,)
    search_fields = ("id",)
    text_columns = ("email",)
    hidden = HIDDEN | SECRET


@admin.register(Invitation, site=console)
class InvitationAdmin(HistoryAdmin):
    list_display = (
        "id", "email", "tenant", "role", "invited_by", "created_at", "expires_at", "accepted_at", "withdrawn_at",
    )  # fmt: skip
    list_select_related = ("tenant", "invited_by")
    list_filter = (When, TenantSlug)
    search_fields = ("id",)
    text_columns = ("email",)
    hidden = HIDDEN | SECRET
