"""/api/budgets: every budget that applies to the caller, and what is left of it. Set as at /api/catalog/budgets."""

from itertools import islice

from django.utils.timezone import now
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from gateway_project.api.authentication import caller_of
from gateway_project.api.catalog.budgets import Budgets
from gateway_project.api.keyset import cursor_of, key_page
from gateway_project.api.pagination import limit_of
from gateway_project.api.permissions import ADMINS, IsCaller, IsTenantAdmin
from gateway_project.api.query import asks
from gateway_project.api.reach import tenant_or_all
from gateway_project.api.schema import CURSOR, LIMIT, TENANT
from gateway_project.api.usage.own import reach_of
from gateway_project.api.usage.rows import BudgetStatusPage
from gateway_project.api.views import ApiView
from metering.models import User
from metering.overview.budgets import with_forecasts
from metering.usage.budget_status import budget_status
from metering.usage.open_meters import LimitOnMeter


class BudgetStatuses(ApiView):
    Input = Budgets.Input
    post = Budgets.post

    def get_permissions(self) -> list[BasePermission]:
        """Everybody sees limits; administrators set them."""
        return [IsTenantAdmin() if self.request.method == "POST" else IsCaller()]

    @asks(CURSOR, LIMIT, TENANT, responses=BudgetStatusPage, tags=["usage"])
    def get(self, request: Request) -> Response:
        """What each budget allows, what is used and held of it, and when it resets.

        Members see the tenant's, their teams' and their own; administrators all of their tenant.
        """
        caller, limit = caller_of(request), limit_of(request)
        tenant = tenant_or_all(request)
        statuses = budget_status(
            now=now(),
            tenant=tenant,
            with_shared=caller.role == User.Role.SUPER_ADMIN,
            of=None if caller.role in ADMINS else reach_of(caller, tenant).subjects,
            after=cursor_of(request, LimitOnMeter),
        )
        found = list(islice(statuses, limit + 1))
        more = found[limit - 1].key if len(found) > limit else None
        lines = with_forecasts(found[:limit], tenant, now=now())
        return key_page(request, [line.as_json() for line in lines], more)
