"""The few requests that make, renew and end a session: without a credential, or with one that is not stored yet."""

import random
import time
from typing import Any

import httpx2

from gateway_client.errors import GatewayError, GatewayUnavailableError
from gateway_client.failures import failure_of
from gateway_client.server_clock import ServerClock

TIMEOUT_S = 10.0
TRIES = 4
"""All of them, and the waits in between, stay within the 30 seconds in which a refresh token may be sent again."""
FIRST_WAIT_S, MOST_WAIT_S = 0.25, 2.0


def ask(
    base_url: str, method: str, path: str, *, clock: ServerClock, body: Any = None, token: str | None = None
) -> Any:
    """The answer's JSON; None where there is none. Tries again while the gateway is not there.

    Raises what `failure_of` makes of a refusal, and GatewayUnavailableError.
    """
    headers = {"authorization": f"Bearer {token}"} if token else {}
    failure: GatewayError = GatewayUnavailableError(f"{base_url} was not asked.")
    for attempt in range(TRIES):
        if attempt:
            wait_s = min(MOST_WAIT_S, FIRST_WAIT_S * 2 ** (attempt - 1))
            time.sleep(wait_s * random.uniform(0.75, 1.0))  # noqa: S311 - jitter
        try:
            answer = httpx2.request(
                method, base_url + path, json=body, headers=headers, timeout=httpx2.Timeout(TIMEOUT_S / 2)
            )
        except httpx2.TransportError as error:
            failure = GatewayUnavailableError(
                f"{base_url} cannot be reached: {error or type(error).__name__}"
            )
            continue
        except httpx2.InvalidURL as error:
            raise GatewayUnavailableError(f"{base_url} is no address: {error}") from error
        clock.hear(answer.headers.get("date"))
        if answer.is_success:
            return answer.json() if answer.content else None
        failure = failure_of(answer.status_code, answer.headers, answer.content)
        if answer.status_code < 500:
            break
    raise failure
