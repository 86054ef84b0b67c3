"""Whose figures a caller of the API sees."""

from gateway_project.api.permissions import ADMINS
from metering.errors import NotPermitted
from metering.identity.caller import Caller
from metering.models import Tenant
from metering.overview.reach import Reach, own_reach


def reach_of(caller: Caller, tenant: Tenant | None) -> Reach:
    """All of the tenant's, which the caller reaches, for administrators; else the caller's own.

    Raises NotPermitted for one who may not spend.
    """
    if caller.role in ADMINS:
        return Reach(tenant=tenant)
    caller.spender()
    if caller.tenant is None:
        raise NotPermitted("You belong to no tenant.")
    return own_reach(tenant=caller.tenant, user=caller.user, token=caller.token)
