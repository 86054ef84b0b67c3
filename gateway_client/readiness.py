"""Wait until the gateway can serve calls, before one's own service begins to."""

from gateway_client.errors import GatewayError, GatewayUnavailableError
from gateway_client.steps import Flow, Send, Wait

PATH = "/health/ready"
ANSWER_S = 5.0
FIRST_WAIT_S, MOST_WAIT_S = 0.1, 2.0


def readiness(timeout_s: float) -> Flow[None]:
    """Returns once the gateway says that it is ready.

    Raises GatewayUnavailableError if it has not within about so many seconds; what it said is in the message.
    """
    ask = Send(method="GET", path=PATH, signed=False, timeout_s=ANSWER_S)
    waited_s, wait_s = 0.0, FIRST_WAIT_S
    while True:
        try:
            yield ask
        except GatewayError as error:
            if waited_s + wait_s > timeout_s:
                raise GatewayUnavailableError(
                    f"The gateway was not ready after {timeout_s:g} s: {error.message}",
                    status_code=error.status_code,
                    code="not_ready",
                ) from error
        else:
            return
        yield Wait(wait_s)
        waited_s, wait_s = waited_s + wait_s, min(MOST_WAIT_S, wait_s * 2)
