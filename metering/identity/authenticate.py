"""Turn a bearer credential into a Principal: somebody who may spend on a plan."""

from datetime import datetime

from metering.errors import NotPermitted
from metering.identity.identify import identify
from metering.identity.principal import Principal


def authenticate(*, secret: str, now: datetime) -> Principal:
    """The principal of a live ATI token or access token: one SQL query.

    Raises what `identify` raises, and NotPermitted for a person without a plan: a super admin, or somebody whom
    no ATI token stands behind.
    """
    principal = identify(bearer=secret, now=now).principal
    if principal is None:
        raise NotPermitted(
            "Your account has no plan, so it cannot call models. Use an ATI token of a tenant."
        )
    return principal
