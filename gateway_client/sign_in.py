"""The few requests that make, renew and end a session: without a credential, or with one that is not stored yet."""

import random
import time
from typing import Any

import httpx2

from gateway_client.errors import ConfigurationError, GatewayError, GatewayUnavailableError
from gateway_client.failures import failure_of
from gateway_client.server_clock import ServerClock
from gateway_client.strange_answers import understood

TIMEOUT_S, CONNECT_S = 20.0, 5.0
"""Passwords are hashed, slowly on purpose and one at a time."""
GIVE_UP_S = 25.0
"""After so long nothing is sent again: a refresh token may be for 30 seconds."""
TRIES = 4
FIRST_WAIT_S, MOST_WAIT_S = 0.25, 2.0


def ask(
    base_url: str, method: str, path: str, *, clock: ServerClock, body: Any = None, token: str | None = None
) -> Any:
    """The answer's JSON; None where there is none. Tries again while the gateway is not there.

    Raises what `failure_of` makes of a refusal, GatewayUnavailableError, and ConfigurationError for what is no address.
    """
    headers = {"authorization": f"Bearer {token}"} if token else {}
    failure: GatewayError = GatewayUnavailableError(f"{base_url} was not asked.")
    begun = time.monotonic()
    for attempt in range(TRIES):
        if attempt:
            if time.monotonic() - begun > GIVE_UP_S:
                break
            wait_s = min(MOST_WAIT_S, FIRST_WAIT_S * 2 ** (attempt - 1))
            time.sleep(wait_s * random.uniform(0.75, 1.0))  # noqa: S311 - jitter
        try:
            answer = httpx2.request(
                method,
                base_url + path,
                json=body,
                headers=headers,
                timeout=httpx2.Timeout(TIMEOUT_S, connect=CONNECT_S),
            )
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise ConfigurationError(f"{base_url} is no address: {error}") from error
        except httpx2.RequestError as error:
            failure = GatewayUnavailableError(
                f"{base_url} cannot be reached: {str(error) or type(error).__name__}"
            )
            continue
        clock.hear(answer.headers.get("date"))
        if answer.is_success:
            with understood():
                return answer.json() if answer.content else None
        failure = failure_of(answer.status_code, answer.headers, answer.content)
        if answer.status_code < 500:
            break
    raise failure
