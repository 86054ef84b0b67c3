"""Who comes into the console, and how far."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.timezone import now

from admin_console.audience import Audience
from admin_console.pages import AUDIENCE_OF
from metering.errors import MeteringError
from metering.identity.check_standing import check_person
from metering.identity.tokens.ceiling import Ceiling, ceiling_of
from metering.models import Tenant, User

ALWAYS_OPEN = frozenset({"index", "login", "logout", "password_change", "password_change_done", "jsi18n"})
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
    """None for who has no business in the console."""
    user = request.user
    if is_operator(user):
        return Viewer(user=user, tenant=None, own_only=False)
    if is_tenant_admin(user, request):
        return Viewer(user=user, tenant=user.tenant, own_only=False)
    return None


def is_operator(user: Any) -> bool:
    """Whether this user may use the whole console."""
    return bool(user.is_active and getattr(user, "is_staff", False) and user.role == User.Role.SUPER_ADMIN)


def is_tenant_admin(user: Any, request: HttpRequest) -> bool:
    """Whether this user may use the pages for a tenant's own administrators.

    As the API wants it too, person, tenant and the ATI token behind them are alive, and the request comes from where
    that token works.
    """
    if not user.is_active or not getattr(user, "is_staff", False) or user.role != User.Role.TENANT_ADMIN:
        return False
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
    return viewer is not None and (
        match.url_name in ALWAYS_OPEN or viewer.is_in(AUDIENCE_OF.get(match.url_name, Audience.OPERATORS))
    )


def is_operators(request: HttpRequest) -> bool:
    """Whether to show what only super admins may open."""
    return is_operator(request.user)
