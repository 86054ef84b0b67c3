"""One HTTP request to the identity provider: bounded in time and size, no redirect followed, answered by JSON."""

import json
import ssl
import time
from functools import lru_cache
from typing import Any

import httpx2

from gateway_project.oidc.environment import is_safe
from gateway_project.oidc.errors import ProviderFailed

TIMEOUT_S = 5.0
"""For each step of a request; all of it may take twice as long."""
MOST_BYTES = 512 * 1024


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed; made once, because it takes longer than a request."""
    return httpx2.create_ssl_context()


def ask(method: str, url: str, **sent: Any) -> dict[str, Any]:
    """The object of a 200. Raises ProviderFailed for everything else."""
    if not is_safe(url):
        raise ProviderFailed("an address of the provider is not https")
    deadline = time.monotonic() + 2 * TIMEOUT_S
    headers = {"accept": "application/json", "accept-encoding": "identity", **sent.pop("headers", {})}
    try:
        with (
            httpx2.Client(verify=_trusted(), timeout=TIMEOUT_S, follow_redirects=False) as client,
            client.stream(method, url, headers=headers, **sent) as response,
        ):
            body = _read(response, deadline)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:  # its text may hold the address
        raise ProviderFailed(type(error).__name__) from None
    if response.status_code != 200:
        raise ProviderFailed(f"status {response.status_code}", answered=response.status_code)
    try:
        answer = json.loads(body)
    except ValueError:
        raise ProviderFailed("no JSON") from None
    if not isinstance(answer, dict):
        raise ProviderFailed("no JSON object")
    return answer


def _read(response: httpx2.Response, deadline: float) -> bytes:
    body = bytearray()
    for part in response.iter_raw():
        body += part
        if len(body) > MOST_BYTES:
            raise ProviderFailed("an answer that is too large")
        if time.monotonic() > deadline:
            raise ProviderFailed("an answer that takes too long")
    return bytes(body)
