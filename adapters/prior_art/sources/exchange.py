"""One HTTP request to a search service: bounded in time and size, its answer a JSON object or a SearchFailed."""

import asyncio
import json
import logging
import math
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
from msgspec import Struct

from adapters.prior_art.sources.port import SearchFailed, SearchRequest, Service, SourceConfig

for _logger in ("httpx2", "httpcore2"):  # they log addresses and headers: callers' texts and our keys
    logging.getLogger(_logger).setLevel(logging.WARNING)
MAX_WAIT_S = 30 * 24 * 3600.0
REDIRECTS = (301, 302, 307, 308)
RETRYABLE = (500, 502, 503, 504)
REFUSALS = (401, 403)


class Answer(Struct, frozen=True, kw_only=True):
    """Any answer, read to its end."""

    status: int
    headers: Any
    """httpx2's, which know names in any case."""
    body: bytes


async def exchange(
    client: httpx2.AsyncClient, config: SourceConfig, title: str, request: SearchRequest
) -> Answer:
    """Send it once and read the answer. Raises SearchFailed for anything that is no whole answer."""
    try:
        async with asyncio.timeout(config.timeout_s):
            async with client.stream(
                request.method,
                config.base_url.rstrip("/") + request.path,
                params=dict(request.params) or None,
                headers={"accept": "application/json", "accept-encoding": "identity", **request.headers},
                content=request.body or None,
            ) as response:
                body = await _bounded(response, config.max_body_bytes, title)
                return Answer(status=response.status_code, headers=response.headers, body=body)
    except (TimeoutError, httpx2.TimeoutException):
        raise SearchFailed(
            f"{title} did not answer within {config.timeout_s:g} seconds.", is_retryable=True
        ) from None
    except httpx2.ConnectError:
        raise SearchFailed(f"{title} cannot be reached.", is_retryable=True, is_final=True) from None
    except (httpx2.HTTPError, httpx2.InvalidURL):  # their texts hold the address, and that may hold the key
        raise SearchFailed(f"{title}'s answer broke off.", is_retryable=True) from None


async def _bounded(response: httpx2.Response, most: int, title: str) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise SearchFailed(f"{title} packed its answer, which it was asked not to do.")
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > most:
            raise SearchFailed(f"{title}'s answer is larger than {most:,} bytes.")
    return bytes(body)


def read_answer(service: Service, answer: Answer) -> dict[str, Any]:
    """The JSON object of a good answer; empty where the service says that nothing was found."""
    title, status = service.title, answer.status
    if status == service.no_match_status:
        return {}
    if status == 429:
        wait_s = max(service.least_wait_s, wait_wanted(answer))
        raise SearchFailed(
            f"{title} limits the rate of requests (429) and wants {wait_s:,.0f} seconds of rest.",
            is_retryable=True,
            wait_s=wait_s,
            is_final=True,
        )
    if status in REFUSALS:
        raise SearchFailed(f"{title} refuses the gateway's key ({status}).", is_final=True)
    if status in RETRYABLE:
        raise SearchFailed(f"{title} answered {status}.", is_retryable=True, wait_s=wait_wanted(answer))
    if status != 200:
        raise SearchFailed(f"{title} answered {status}.")
    try:
        found = json.loads(answer.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise SearchFailed(f"{title}'s answer is no JSON.", is_retryable=True) from None
    if not isinstance(found, dict):
        raise SearchFailed(f"{title}'s answer is no JSON object.")
    return found


def wait_wanted(answer: Answer) -> float:
    """Seconds of rest, as `retry-after` says in either of its two forms; 0: it does not."""
    return _seconds(answer.headers.get("retry-after", ""))


def rest_wanted(answer: Answer) -> float:
    """Seconds until the service counts anew, where it says that nothing is left until then; 0: it does not."""
    if answer.headers.get("x-ratelimit-remaining", "").strip() not in ("0", "0.0"):
        return 0.0
    return _seconds(answer.headers.get("x-ratelimit-reset", ""))


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return min(max(found, 0.0), MAX_WAIT_S) if math.isfinite(found) else 0.0


def moved_to(config: SourceConfig, request: SearchRequest, answer: Answer) -> SearchRequest | None:
    """The same question at the address that a redirect names.

    None: it is no redirect, or leads to another server, which gets no key of ours.
    """
    if request.method != "GET" or answer.status not in REDIRECTS:
        return None
    try:
        base = httpx2.URL(config.base_url.rstrip("/") + "/")
        target = base.join(answer.headers.get("location", ""))
    except (httpx2.InvalidURL, ValueError):
        return None
    root = base.path.rstrip("/")
    is_same_server = (target.scheme, target.host, target.port) == (base.scheme, base.host, base.port)
    if not is_same_server or not target.path.startswith(root + "/"):
        return None
    return SearchRequest(
        method="GET",
        path=target.path.removeprefix(root),
        params={**request.params, **dict(target.params)},
        headers=request.headers,
    )
