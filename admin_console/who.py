"""Who comes into the console, and how far."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string
from django.utils.timezone import now

from admin_console.audience import Audience
from admin_console.pages import AUDIENCE_OF
from metering.errors import MeteringError
from metering.identity.check_standing import check_person
from metering.identity.tokens.ceiling import Ceiling, ceiling_of
from metering.models import Tenant, User

ALWAYS_OPEN = frozenset({"login", "logout", "password_change", "password_change_done", "jsi18n"})
"""Names of addresses for everybody who comes in. What is neither here nor among the pages is closed to tenants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at a page, and how far: everybody's rows, those of `tenant`, or (`own_only`) the viewer's own."""

    user: User
    tenant: Tenant | None
    own_only: bool

    @property
    def audience(self) -> Audience:
        """The narrowest that this viewer is part of."""
        if self.tenant is None:
            return Audience.OPERATORS
        return Audience.EVERYBODY if self.own_only else Audience.ADMINS

    def is_in(self, audience: Audience) -> bool:
        return self.audience.value <= audience.value


def viewer_of(request: HttpRequest) -> Viewer | None:
    """None for who has no business in the console. It is found out once for each request."""
    kept: tuple[Any, Viewer | None] | None = getattr(request, "console_viewer", None)
    if kept is None or kept[0] is not request.user:
        kept = (request.user, viewer_for(request.user, request))
        request.console_viewer = kept  # type: ignore[attr-defined]
    return kept[1]


def viewer_for(user: Any, request: HttpRequest) -> Viewer | None:
    """The same of somebody who is about to sign in."""
    if is_operator(user):
        return Viewer(user=user, tenant=None, own_only=False)
    if not user.is_active or user.tenant is None or not _may_act(user, request):
        return None
    return Viewer(user=user, tenant=user.tenant, own_only=user.role != User.Role.TENANT_ADMIN)


def is_operator(user: Any) -> bool:
    """Whether this user may use the whole console."""
    return bool(user.is_active and getattr(user, "is_staff", False) and user.role == User.Role.SUPER_ADMIN)


def _may_act(user: User, request: HttpRequest) -> bool:
    """Whether, as the API wants it too, person, tenant and the ATI token behind them are alive, and the request comes
    from where that token works.
    """
    token = user.signup_token
    try:
        check_person(user, now())
        import_string(settings.NETWORK_CHECK)(request, token.allowed_networks if token is not None else [])
    except MeteringError:
        return False
    return True


def ceiling_of_user(user: Any) -> Ceiling | None:
    """How far this user may go with credentials, by the question that the API asks; None for a super admin."""
    return ceiling_of(role=user.role, token=user.signup_token)


def may_see(request: HttpRequest) -> bool:
    """Whether the page that is asked for is one of this user's."""
    if is_operator(request.user):
        return True
    match = request.resolver_match
    if match is None or match.url_name is None:
        return False
    viewer = viewer_of(request)
    return viewer is not None and _is_for(viewer, match.url_name)


def is_led_away(request: HttpRequest) -> bool:
    """Whether somebody who is signed in was sent to the sign-in page (`?next=`) from a page of others."""
    viewer = viewer_of(request)
    if viewer is None or not request.GET.get("next"):
        return False
    try:
        name = resolve(urlsplit(request.GET["next"]).path).url_name
    except (Resolver404, ValueError):
        return True
    return name is None or not _is_for(viewer, name)


def _is_for(viewer: Viewer, name: str) -> bool:
    return name in ALWAYS_OPEN or viewer.is_in(AUDIENCE_OF.get(name, Audience.OPERATORS))


def is_operators(request: HttpRequest) -> bool:
    """Whether to show what only super admins may open."""
    return is_operator(request.user)
