"""The console's own admin site: super admins come in, and a tenant's people as far as the pages that are for them.

The role decides (`who.py`), not Django's permission tables: they are another truth about the same question.
"""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.module_loading import import_string
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from admin_console.forgotten_password import ask_for_mail, choose_password
from admin_console.invited import accept
from admin_console.labels import label_of
from admin_console.own_password import OwnPassword
from admin_console.pages import PAGES, Page
from admin_console.sign_up import sign_up_page
from admin_console.theme import GROUPS, title_of
from admin_console.who import is_led_away, may_see, viewer_for, viewer_of
from admin_console.zone import zone_of
from metering.models import ATIToken, Team, User

SINGLE_SIGN_ON = "/admin/sso/"


class ConsoleLoginForm(AuthenticationForm):
    """Refuses everybody else at the door, in the words used for a wrong password."""

    def confirm_login_allowed(self, user: Any) -> None:
        if viewer_for(user, self.request) is None:
            raise ValidationError(
                self.error_messages["invalid_login"],
                code="invalid_login",
                params={"username": self.username_field.verbose_name},
            )


class LabelledAutocomplete(AutocompleteJsonView):
    """Choices named as people know them, not by UUID."""

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.select_related("tenant") if rows.model in (ATIToken, Team, User) else rows

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {"id": str(getattr(obj, to_field_name)), "text": label_of(obj)}


class ConsoleSite(UnfoldAdminSite):
    login_form = ConsoleLoginForm
    index_title = "Overview"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return may_see(request)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [
            *(path(page.route, self.admin_view(self._view_of(page)), name=page.name) for page in PAGES),
            # The login page links to an address of this name.
            path("password/forgotten/", never_cache(self.forgotten_view), name="admin_password_reset"),
            path("password/reset/", never_cache(self.reset_view), name="reset_password"),
            path("invitation/", never_cache(self.invitation_view), name="accept_invitation"),
            path("sign-up/", never_cache(self.sign_up_view), name="sign_up"),
            *super().get_urls(),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Where an identity provider is set up, its button stands first.

        Whoever is signed in and asked for a page of others comes here too, and is led on to the overview.
        """
        if request.method == "GET" and is_led_away(request):
            messages.info(request, "The page that you asked for is not among yours. This is your overview.")
        query = urlencode({"next": request.GET["next"]}) if "next" in request.GET else ""
        shown = {
            "single_sign_on": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
            "single_sign_on_url": f"{SINGLE_SIGN_ON}?{query}" if query else SINGLE_SIGN_ON,
        }
        return super().login(request, {**shown, **(extra_context or {})})

    def forgotten_view(self, request: HttpRequest) -> HttpResponseBase:
        return ask_for_mail(request, self.each_context(request))

    def reset_view(self, request: HttpRequest) -> HttpResponseBase:
        return choose_password(request, self.each_context(request))

    def invitation_view(self, request: HttpRequest) -> HttpResponseBase:
        return accept(request, self.each_context(request))

    def sign_up_view(self, request: HttpRequest) -> HttpResponseBase:
        return sign_up_page(request, self.each_context(request))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        context = {**self.each_context(request), **(extra_context or {})}
        return OwnPassword.as_view(extra_context=context)(request)

    def _view_of(self, page: Page) -> Callable[..., HttpResponseBase]:
        def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            viewer = viewer_of(request)
            if viewer is None:  # who may see nothing does not come this far
                raise PermissionDenied
            shown = {
                **self.each_context(request),
                "title": page.title,
                "viewer": viewer,
                "zone": zone_of(request, viewer),
                "now": now(),
            }
            answer: HttpResponseBase = import_string(page.view)(request, viewer, shown, **parts)
            return answer

        return view

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return LabelledAutocomplete.as_view(admin_site=self)(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The overview by groups of nouns, as in the sidebar, instead of one long list for one app.

        It is worked out where it is shown, which is on one page of many.
        """
        return cast(list[dict[str, Any]], SimpleLazyObject(lambda: self._groups(request, app_label)))

    def _groups(self, request: HttpRequest, app_label: str | None) -> list[dict[str, Any]]:
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
