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
from metering.errors import NotPermitted
from metering.models import Tenant
from metering.simulation.find_asker import find_asker

WHO = ("team", "user", "token")


def asked_about(
    request: Request, given: dict[str, Any], *, plan: str | None, call: dict[str, Any], now: datetime
) -> tuple[Tenant, Asker, datetime]:
    """The caller, or for an administrator whoever of the own tenant is named (of any tenant for a super admin), and
    the moment that `call` is asked about.

    Raises NotPermitted for a member who names somebody, NotFound for whom the caller cannot reach, InvalidRequest for
    a moment that no calendar has.
    """
    caller = caller_of(request)
    tenant = tenant_in_reach(request, given["tenant"])
    named = {name: given[name] for name in WHO if given[name]}
    moment = moment_of(call, tenant, now)
    if not named and not (caller.role in ADMINS and given["tenant"]):
        return tenant, asker_of(principal_of(request), plan=plan), moment
    if caller.role not in ADMINS:
        raise NotPermitted("Only administrators may ask about others.")
    return tenant, find_asker(tenant=tenant, plan=plan, now=moment, **named), moment
