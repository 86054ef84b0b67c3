"""People: Django's own user pages, adapted to users who log in by e-mail address and have a role."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from admin_console.base import ConsoleAdmin, ConsoleInline
from admin_console.filters import TenantSlug
from admin_console.site import console
from metering.identity.people.create_user import CONSOLE_ROLES
from metering.models import ExternalIdentity, Membership, User

BELONGING = ("email", "name", "role", "tenant")


class _RoleRules:
    """Role and tenant agree, and addresses are kept in lower case."""

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"]).lower()  # type: ignore[attr-defined]
        if User.objects.filter(email=email).exclude(pk=self.instance.pk).exists():  # type: ignore[attr-defined]
            raise ValidationError("There is already a user with this address.")
        return email

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data  # type: ignore[misc,attr-defined]
        role = values.get("role") or self.instance.role  # type: ignore[attr-defined]
        if "tenant" in values and (role == User.Role.SUPER_ADMIN) != (values["tenant"] is None):
            sentence = "A super admin belongs to no tenant, everybody else to one."
            self.add_error("tenant", sentence)  # type: ignore[attr-defined]
        return values


class NewUserForm(_RoleRules, UserCreationForm):
    class Meta:
        model = User
        fields = BELONGING


class ChangedUserForm(_RoleRules, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class TeamsInline(ConsoleInline):
    model = Membership
    autocomplete_fields = ("team",)
    fields = ("team",)


@admin.register(User, site=console)
class UserAdmin(ConsoleAdmin, DjangoUserAdmin):  # type: ignore[misc]
    form = ChangedUserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "name", "shown_role", "tenant", "is_active", "last_login", "date_joined")
    list_select_related = ("tenant",)
    list_filter = (TenantSlug, ("role", ChoicesDropdownFilter), ("is_active", BooleanRadioFilter))
    search_fields = ("email", "name", "tenant__slug")
    ordering = ("email",)
    filter_horizontal = ()
    autocomplete_fields = ("tenant",)
    readonly_fields = ("last_login", "date_joined", "signup_token")
    fieldsets = (
        (None, {"fields": (*BELONGING, "password", "is_active", "is_staff")}),
        ("History", {"fields": ("date_joined", "last_login", "signup_token")}),
    )
    add_fieldsets = ((None, {"fields": (*BELONGING, "usable_password", "password1", "password2")}),)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [TeamsInline] if obj and obj.tenant_id else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        # Nobody locks the console from the inside.
        return (*fields, "role", "tenant", "is_active", "is_staff") if obj == request.user else fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and obj != request.user

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """The flags that Django keeps beside the role follow it, as in the create_user verb."""
        obj.is_superuser = obj.role == User.Role.SUPER_ADMIN
        if not change:
            obj.is_staff = obj.role in CONSOLE_ROLES
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data:
            ExternalIdentity.objects.filter(user=obj).update(
                is_shut=False
            )  # from now on it is somebody's decision

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """One transaction for the new password and its audit event."""
        return super().user_change_password(request, id, form_url)

    @display(description="Role", label={"SUPER_ADMIN": "danger", "TENANT_ADMIN": "info", "MEMBER": "success"})
    def shown_role(self, row: User) -> str:
        return str(row.role)
