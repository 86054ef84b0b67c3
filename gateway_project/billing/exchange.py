"""One request to a billing system: bounded in time and size, no redirect is followed."""

import logging
import math
import time
from email.utils import parsedate_to_datetime

import httpx2
from msgspec import Struct

from metering.usage_export.target import NotTaken

for _logger in ("httpx2", "httpcore2"):  # they log addresses and headers
    logging.getLogger(_logger).setLevel(logging.WARNING)
STEP_S, WHOLE_S = 10.0, 30.0
"""For each step of a request (connect, send, the next bytes of the answer), and for all of it."""
MAX_BODY_BYTES = 64 * 1024
MAX_WORDS = 200


class Answer(Struct, frozen=True, kw_only=True):
    """Any answer, read to its end."""

    status: int
    body: bytes
    retry_after_s: float | None


def post(client: httpx2.Client, title: str, path: str, *, body: bytes, headers: dict[str, str]) -> Answer:
    """Raises NotTaken where there is no whole answer; a connection that was refused has brought nothing."""
    until = time.monotonic() + WHOLE_S
    try:
        with client.stream("POST", path, content=body, headers=headers, timeout=STEP_S) as response:
            found = bytearray()
            for part in response.iter_raw():
                found += part
                if len(found) > MAX_BODY_BYTES:
                    raise NotTaken(
                        f"{title}'s answer is larger than {MAX_BODY_BYTES:,} bytes.", may_have_arrived=True
                    )
                if time.monotonic() > until:
                    raise NotTaken(
                        f"{title} did not answer within {WHOLE_S:g} seconds.", may_have_arrived=True
                    )
            wait = _seconds(response.headers.get("retry-after", ""))
            return Answer(status=response.status_code, body=bytes(found), retry_after_s=wait)
    except (httpx2.ConnectError, httpx2.ConnectTimeout):
        raise NotTaken(f"{title} cannot be reached.", may_have_arrived=False) from None
    except httpx2.TimeoutException:
        raise NotTaken(f"{title} did not answer within {STEP_S:g} seconds.", may_have_arrived=True) from None
    except httpx2.HTTPError:  # its text holds the address, and that may hold a key
        raise NotTaken(f"{title}'s answer broke off.", may_have_arrived=True) from None


def refused(title: str, answer: Answer, words: str) -> NotTaken:
    """What an answer says that is no success. After a server's error nobody knows what it has kept."""
    said = f": {words[:MAX_WORDS]}" if words else ""
    return NotTaken(
        f"{title} answered {answer.status}{said}",
        may_have_arrived=answer.status >= 500,
        retry_after_s=answer.retry_after_s,
    )


def make_client(base_url: str) -> httpx2.Client:
    """Connections to one billing system; the proxies of the environment are not for it."""
    return httpx2.Client(
        base_url=base_url,
        follow_redirects=False,
        trust_env=False,
        headers={"accept": "application/json", "accept-encoding": "identity", "user-agent": "llm-gateway"},
    )


def _seconds(text: str) -> float | None:
    """`Retry-After` in either of its two forms."""
    try:
        found = float(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(found, 0.0) if math.isfinite(found) else None
