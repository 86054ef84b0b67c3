"""Whom a request about policy is about, and whether the caller may ask."""

from datetime import datetime
from typing import Any

from rest_framework.request import Request

from gateway_project.api.authentication import caller_of, principal_of
from gateway_project.api.permissions import ADMINS
from gateway_project.api.policy.fields import moment_of
from gateway_project.api.reach import tenant_in_reach
from metering.errors import NotPermitted
from metering.models import Tenant, User
from metering.simulation.asker import Asker, asker_of, find_asker

WHO = ("tenant", "team", "user", "token")


def asked_about(
    request: Request, given: dict[str, Any], *, plan: str | None, call: dict[str, Any], now: datetime
) -> tuple[Tenant, Asker, datetime]:
    """The caller, or for an administrator whoever of the own tenant is named (of any tenant for a super admin), and
    the moment that `call` is asked about.

    Raises NotPermitted for a member who names somebody, NotFound for whom the caller cannot reach, InvalidRequest for
    a moment that no calendar has.
    """
    named = {name: given[name] for name in WHO if given[name]}
    caller = caller_of(request)
    if not named and caller.role != User.Role.SUPER_ADMIN:
        principal, own = principal_of(request), tenant_in_reach(request)
        return own, asker_of(principal, plan=plan), moment_of(call, own, now)
    if caller.role not in ADMINS:
        raise NotPermitted("Only administrators may ask about others.")
    tenant = tenant_in_reach(request, named.pop("tenant", None))
    moment = moment_of(call, tenant, now)
    return tenant, find_asker(tenant=tenant, plan=plan, now=moment, **named), moment
