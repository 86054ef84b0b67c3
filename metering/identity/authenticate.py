"""Turn a bearer credential into a Principal: somebody who may spend on a plan."""

from datetime import datetime

from metering.identity.held_by import held_by
from metering.identity.identify import identify
from metering.identity.principal import Principal


def authenticate(*, secret: str, now: datetime) -> Principal:
    """The principal of a live ATI token or access token: one SQL query.

    Raises what `identify` raises, and NotPermitted for a person without a plan (a super admin, or somebody whom
    no ATI token stands behind) and for one whose token is bound to a team that the person is not in.
    """
    caller = identify(bearer=secret, now=now)
    with held_by(tenant=caller.tenant, token=caller.token, user=caller.user):
        return caller.spender()
