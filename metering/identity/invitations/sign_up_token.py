"""Which ATI token the plan of somebody new comes from, where nobody has said so."""

from datetime import datetime

from django.db.models import Q

from metering.errors import InvalidRequest
from metering.models import ATIToken, Tenant


def usual_token(*, tenant: Tenant, now: datetime) -> ATIToken | None:
    """The tenant's newest live one with sign-ups, or else its newest that is nobody's. None: there is none."""
    live = ATIToken.objects.for_tenant(tenant).live(now).filter(user=None, team=None)
    with_sign_ups: ATIToken | None = live.filter(Q(signups_allowed__gt=0)).order_by("-id").first()
    return with_sign_ups or live.order_by("-id").first()


def sign_up_token(*, tenant: Tenant, own: ATIToken | None, now: datetime) -> ATIToken:
    """The inviter's own, or else the tenant's usual one.

    Raises InvalidRequest where the tenant has none.
    """
    found = own or usual_token(tenant=tenant, now=now)
    if found is None:
        raise InvalidRequest(
            f"The tenant {tenant.slug!r} has no live ATI token for new people. Issue one first.",
            param="token",
        )
    return found
