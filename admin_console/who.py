"""Who comes into the console, and how far."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.timezone import now

from metering.errors import MeteringError
from metering.identity.check_standing import check_person
from metering.identity.tokens.ceiling import Ceiling, ceiling_of
from metering.models import User

TENANT_PAGES = frozenset(
    {"index", "simulator", "login", "logout", "password_change", "password_change_done", "jsi18n"}
)
"""All that a tenant's own administrators see: names of addresses. What is not here is closed to them."""


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
    return match is not None and match.url_name in TENANT_PAGES and is_tenant_admin(request.user, request)


def is_operators(request: HttpRequest) -> bool:
    """Whether to show what only super admins may open."""
    return is_operator(request.user)
