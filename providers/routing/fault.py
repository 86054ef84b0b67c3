"""What a failed call says of its vendor."""

from enum import StrEnum
from typing import NamedTuple

from providers.port import Failure, ProviderError, RequestNotMade
from providers.routing.health import MOST_RETRY_AFTER_S

FORBIDDEN, TIMED_OUT, LIMITED = 403, 408, 429
OF_A_KEY = frozenset({401, 402, FORBIDDEN})
SERVERS_FAULT = 500
UNPAID = 402
SPENT = "insufficient_quota"
"""The code of what some say by 402, and others by 400, 403 or 429."""
TOO_LARGE = "too large"
"""A 429 with these words is about one request: no key would take it."""
LIMITED_REST_S = 10.0
"""After a 429 that does not say when to come back."""
REFUSED_REST_S = 300.0
"""After a 401 or 402: somebody has to do something first."""
FORBIDDEN_REST_S = 10.0
"""After a 403, which may be about the key, the region, the model, or what was asked."""


class Fault(StrEnum):
    """What a failed call says of its vendor; also the label of a metric."""

    UNREACHABLE = "unreachable"
    """Nothing reaches the provider, whatever the model."""
    FAILING = "failing"
    """This model fails there: too late, cut, nonsense, 5xx."""
    LIMITED = "limited"
    """The key has been used enough for now."""
    KEY_REFUSED = "key_refused"
    """The key is unknown, unpaid or not allowed."""
    REQUEST_REFUSED = "request_refused"
    """The request itself is refused, which says nothing of the vendor."""


def fault_of(error: ProviderError) -> Fault:
    """What the error says of the vendor, and not of the request."""
    status = error.status
    if isinstance(error, RequestNotMade):
        return Fault.REQUEST_REFUSED
    if error.code == SPENT and error.failure is Failure.REFUSED:
        return Fault.KEY_REFUSED
    if status == LIMITED:
        return Fault.REQUEST_REFUSED if TOO_LARGE in error.message.lower() else Fault.LIMITED
    if status in OF_A_KEY:
        return Fault.REQUEST_REFUSED if status == FORBIDDEN and error.code else Fault.KEY_REFUSED
    if error.failure is Failure.UNREACHABLE:
        return Fault.UNREACHABLE if status is None else Fault.REQUEST_REFUSED
    if error.failure is Failure.TIMEOUT:
        return Fault.FAILING
    if error.failure is Failure.CUT:  # to close a connection that idles is in order
        return Fault.REQUEST_REFUSED if error.resend else Fault.FAILING
    is_servers = status is None or is_failing(status)
    return Fault.FAILING if is_servers and error.code is None else Fault.REQUEST_REFUSED


class Rest(NamedTuple):
    """How long a key rests."""

    for_s: float
    is_for_every_model: bool
    status: int
    """What it rests for."""


def rest_after(error: ProviderError) -> Rest:
    """Of an error that is about the key. Rates are each model's; who pays for a key does so for all of them."""
    status = error.status or 0
    if error.code == SPENT:
        return Rest(REFUSED_REST_S, is_for_every_model=True, status=UNPAID)
    if status == LIMITED:
        for_s = LIMITED_REST_S if error.retry_after_s is None else error.retry_after_s
        return Rest(for_s, is_for_every_model=False, status=status)
    if status == FORBIDDEN:
        return Rest(FORBIDDEN_REST_S, is_for_every_model=False, status=status)
    return Rest(REFUSED_REST_S, is_for_every_model=True, status=status)


def rest_while_failing(error: ProviderError) -> Rest:
    """Of a vendor that fails and says when it wants to be asked again."""
    for_s = min(error.retry_after_s or 0.0, MOST_RETRY_AFTER_S)
    return Rest(for_s, is_for_every_model=False, status=error.status or SERVERS_FAULT)


def is_failing(status: int) -> bool:
    """Whether a key rests with this status because its vendor fails, and not because the vendor refuses it."""
    return status == TIMED_OUT or status >= SERVERS_FAULT
