"""Whom a request about policy is about, and whether the caller may ask."""

from datetime import datetime
from typing import Any

from rest_framework.request import Request

from gateway_project.api.authentication import caller_of, principal_of
from gateway_project.api.permissions import ADMINS
from gateway_project.api.policy.fields import moment_of
from gateway_project.api.reach import tenant_in_reach
from metering.admission.demand import Asker
from metering.admission.plan import asker_of
from metering.errors import NotFound, NotPermitted
from metering.models import Tenant, User
from metering.simulation.find_asker import find_asker
from metering.simulation.own_plan import own_plan_code

WHO = ("team", "user", "token")


def check_plan(request: Request, tenant: Tenant | None, plan: str, *, now: datetime) -> None:
    """Of tenants' people each learns of the plans of the own tenant alone, members of their own. Raises NotFound."""
    caller = caller_of(request)
    if caller.role == User.Role.SUPER_ADMIN or tenant is None:
        return
    if caller.role in ADMINS:
        own_plan_code(tenant, plan, now=now)
    elif plan != asker_of(principal_of(request)).subject.plan:
        raise NotFound(f"You are not on a plan {plan!r}.", param="plan")


def asked_about(
    request: Request, given: dict[str, Any], *, plan: str | None, call: dict[str, Any], now: datetime
) -> tuple[Tenant, Asker, datetime]:
    """The caller, or for an administrator whoever of the own tenant is named (of any tenant for a super admin), and
    the moment that `call` is asked about.

    Raises NotPermitted for a member who names somebody, NotFound for whom and for which plan the caller cannot reach,
    InvalidRequest for a moment that no calendar has.
    """
    caller = caller_of(request)
    tenant = tenant_in_reach(request, given["tenant"])
    named = {name: given[name] for name in WHO if given[name]}
    moment = moment_of(call, tenant, now)
    if plan:
        check_plan(request, tenant, plan, now=now)
    if not named and not (caller.role in ADMINS and given["tenant"]):
        return tenant, asker_of(principal_of(request), plan=plan), moment
    if caller.role not in ADMINS:
        raise NotPermitted("Only administrators may ask about others.")
    return tenant, find_asker(tenant=tenant, plan=plan, now=moment, **named), moment
