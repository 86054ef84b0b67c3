"""The console's own admin site: only active staff with the role SUPER_ADMIN come in.

The role decides, not Django's permission tables: they are another truth about the same question.
"""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from admin_console.labels import label_of
from admin_console.theme import GROUPS, title_of
from metering.models import User


def is_operator(user: Any) -> bool:
    """Whether this user may use the console. Tenant admins will come in with their own, narrower site."""
    return bool(user.is_active and getattr(user, "is_staff", False) and user.role == User.Role.SUPER_ADMIN)


class OperatorLoginForm(AuthenticationForm):
    """Refuses everybody else at the door, in the words used for a wrong password."""

    def confirm_login_allowed(self, user: Any) -> None:
        if not is_operator(user):
            raise ValidationError(
                self.error_messages["invalid_login"],
                code="invalid_login",
                params={"username": self.username_field.verbose_name},
            )


class LabelledAutocomplete(AutocompleteJsonView):
    """Choices named as people know them, not by UUID."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": label_of(obj)}


class ConsoleSite(UnfoldAdminSite):
    login_form = OperatorLoginForm
    index_title = "Overview"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return is_operator(request.user)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return LabelledAutocomplete.as_view(admin_site=self)(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The overview by groups of nouns, as in the sidebar, instead of one long list for one app."""
        apps = super().get_app_list(request, app_label)
        entries = {entry["object_name"]: entry for app in apps for entry in app["models"]}
        return [
            {
                "name": group,
                "app_label": group.lower(),
                "app_url": "",
                "has_module_perms": True,
                "models": [
                    {**entries[model], "name": title_of(model)} for model in models if model in entries
                ],
            }
            for group, models in GROUPS.items()
        ]


console = ConsoleSite(name="admin")
