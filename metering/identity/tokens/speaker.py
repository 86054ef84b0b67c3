"""The token with which the holder of an operator's own secret spends for a whole tenant."""

from datetime import datetime

from metering.errors import NotFound
from metering.identity.check_standing import check_tenant
from metering.identity.held_by import held_by
from metering.identity.identify import principal_from
from metering.identity.principal import Principal
from metering.models import ATIToken, Tenant, User

NAME = "internal"
"""A live token of this name is taken before any other."""


def speaker_for(slug: str, now: datetime) -> Principal:
    """The tenant as a caller: on its live token named `internal`, else on its oldest that is bound to nobody.

    Raises NotFound where there is no such tenant or token, and TenantSuspended.
    """
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise NotFound("INTERNAL_TENANT names no tenant. Ask the gateway's operator.")
    with held_by(tenant=tenant, token=None, user=None):
        check_tenant(tenant)
        unbound = ATIToken.objects.live(now).for_tenant(tenant).filter(user=None, team=None)
        tokens = sorted(unbound, key=lambda token: (token.name != NAME, token.created_at, token.pk))
        if not tokens:
            raise NotFound(
                f"The tenant {slug!r} of INTERNAL_TENANT has no live ATI token that is bound to nobody. Issue one."
            )
        return principal_from(tokens[0], tenant, None, User.Role.MEMBER, tokens[0].expires_at)
