"""Which role a view is for. What rows it shows is a separate question: see `reach.py`."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from gateway_project.api.authentication import caller_of
from metering.errors import NotPermitted
from metering.models import User

if TYPE_CHECKING:
    from rest_framework.views import APIView

ADMINS = frozenset({User.Role.TENANT_ADMIN, User.Role.SUPER_ADMIN})


class IsCaller(BasePermission):
    """Anybody with a good credential. The default: a view without `permission_classes` has this one."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raises InvalidCredential."""
        caller_of(request)
        return True


class IsTenantAdmin(BasePermission):
    """An administrator of a tenant, or a super admin."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raises InvalidCredential and NotPermitted."""
        if caller_of(request).role not in ADMINS:
            raise NotPermitted(
                "This is for administrators of the tenant who have signed in; an ATI token has a member's rights."
            )
        return True


class IsSuperAdmin(BasePermission):
    """A super admin."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raises InvalidCredential and NotPermitted."""
        if caller_of(request).role != User.Role.SUPER_ADMIN:
            raise NotPermitted("This is for the gateway's own administrators.")
        return True
