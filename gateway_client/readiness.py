"""Wait until the gateway can serve calls, before one's own service begins to."""

import time

from gateway_client.errors import ConfigurationError, GatewayError, GatewayUnavailableError
from gateway_client.steps import Flow, Send, Wait

PATH = "/health/ready"
ANSWER_S, LEAST_S = 5.0, 0.1
"""How long one answer is waited for; it counts as time that went by."""
FIRST_WAIT_S, MOST_WAIT_S = 0.1, 2.0


def readiness(timeout_s: float) -> Flow[None]:
    """Returns once the gateway says that it is ready.

    Raises GatewayUnavailableError if it has not within so many seconds; what it said is in the message.
    """
    ends_s, wait_s = time.monotonic() + timeout_s, FIRST_WAIT_S
    while True:
        patience_s = max(LEAST_S, min(ANSWER_S, ends_s - time.monotonic()))
        try:
            yield Send(method="GET", path=PATH, signed=False, timeout_s=patience_s)
        except ConfigurationError:  # waiting would not mend it
            raise
        except GatewayError as error:
            if time.monotonic() + wait_s > ends_s:
                raise GatewayUnavailableError(
                    f"The gateway was not ready after {timeout_s:g} s: {error.message}",
                    status_code=error.status_code,
                    code="not_ready",
                ) from error
        else:
            return
        yield Wait(wait_s)
        wait_s = min(MOST_WAIT_S, wait_s * 2)
