"""Send an event to an address that a tenant chose: one POST, bounded in time and size, redirects not followed."""

import asyncio
import logging
import ssl
import time
from functools import lru_cache

import httpx2
from django.conf import settings

from gateway_project.webhooks.destination import Destination, LookUp, Refused, find_destination, look_up
from gateway_project.webhooks.retry_after import retry_after_s
from metering.alerts.endpoints.port import MAX_RESPONSE, Outcome, Outgoing

DEADLINE_S = 10.0
"""For all of it: the look-up, the connection, the request and the answer."""
CONNECT_S = 3.0
"""For a connection to one address of the name; then the next one is tried."""
NO_CONNECTION = (httpx2.ConnectError, httpx2.ConnectTimeout)
MAX_BYTES = 4 * MAX_RESPONSE
"""Of the answer; the rest is not read."""
for _logger in ("httpx2", "httpcore2"):  # they log addresses, and those of Slack and Teams are secrets
    logging.getLogger(_logger).setLevel(logging.WARNING)


class _Attempt:
    """What is known of one attempt, also when it is cut off."""

    def __init__(self) -> None:
        self.begun_at = time.monotonic()
        self.handed_over = False
        self.status: int | None = None
        self.retry_after_s: float | None = None
        self.content = b""

    async def trace(self, name: str, _: object) -> None:
        """httpcore's account of what it does."""
        if name.endswith("send_request_headers.started"):
            self.handed_over = True

    def outcome(self, error: str = "") -> Outcome:
        return Outcome(
            status=self.status,
            response=_readable(self.content),
            duration_ms=int((time.monotonic() - self.begun_at) * 1_000),
            error=error,
            handed_over=self.handed_over,
            retry_after_s=self.retry_after_s,
        )


async def send(outgoing: Outgoing) -> Outcome:
    """What came of it. Never raises."""
    return await send_within(outgoing, deadline_s=DEADLINE_S, look_up=look_up)


async def send_within(outgoing: Outgoing, *, deadline_s: float, look_up: LookUp) -> Outcome:
    attempt = _Attempt()
    try:
        async with asyncio.timeout(deadline_s):
            destination = await find_destination(
                outgoing.url, networks=settings.WEBHOOK_PRIVATE_NETWORKS, look_up=look_up
            )
            await _post(outgoing, destination, attempt)
    except Refused as refusal:
        return attempt.outcome(str(refusal))
    except TimeoutError:
        return attempt.outcome(f"no answer within {deadline_s:g} s")
    except NO_CONNECTION as error:
        return attempt.outcome(_why_no_connection(error))
    except (httpx2.HTTPError, ssl.SSLError, OSError) as error:
        return attempt.outcome(f"the connection broke: {type(error).__name__}")
    return attempt.outcome()


async def _post(outgoing: Outgoing, destination: Destination, attempt: _Attempt) -> None:
    """To the first address that takes a connection. Raises httpx2.HTTPError."""
    transport = httpx2.AsyncHTTPTransport(verify=_certificates(), trust_env=False)
    timeout = httpx2.Timeout(None, connect=CONNECT_S)
    async with httpx2.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False) as client:
        for address in destination.addresses:
            try:
                await _post_to(client, outgoing, destination, str(destination.pinned(address)), attempt)
            except NO_CONNECTION:
                if address == destination.addresses[-1]:
                    raise
            else:
                return


async def _post_to(
    client: httpx2.AsyncClient, outgoing: Outgoing, destination: Destination, url: str, attempt: _Attempt
) -> None:
    headers = {
        **outgoing.headers,
        "host": destination.url.netloc.decode("ascii"),
        "accept-encoding": "identity",
        "connection": "close",
    }
    extensions = {"sni_hostname": destination.host, "trace": attempt.trace}
    async with client.stream(
        "POST", url, content=outgoing.body, headers=headers, extensions=extensions
    ) as answer:
        attempt.status = answer.status_code
        attempt.retry_after_s = retry_after_s(answer.headers.get("retry-after", ""), now=time.time())
        async for part in answer.aiter_raw():
            attempt.content += part[: MAX_BYTES - len(attempt.content)]
            if len(attempt.content) >= MAX_BYTES:
                break


@lru_cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def _why_no_connection(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the receiver's certificate is not valid for this name"
        cause = cause.__cause__ or cause.__context__
    return "no connection"


def _readable(content: bytes) -> str:
    text = content.decode("utf-8", errors="replace")
    return "".join(letter if letter.isprintable() else " " for letter in text)[:MAX_RESPONSE]
