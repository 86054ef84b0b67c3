"""One request to a vendor's report, bounded in time, size and tries. No redirect is followed.

A 429, a 5xx and a broken connection are tried again, after `Retry-After` where the vendor says it. Nothing of the
address, the headers or the answer's text goes into an error: they may hold a key.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
from msgspec import Struct

from gateway_project.billing.exchange import make_client
from gateway_project.vendor_reports.errors import BadReport
from gateway_project.vendor_reports.fields import decode
from gateway_project.webhooks.retry_after import retry_after_s

STEP_S, WHOLE_S = 30.0, 120.0
"""For each step of a request, and for all of it."""
MAX_BODY_BYTES = 32 * 1024 * 1024
TRIES = 5
FIRST_WAIT_S = 1.0
"""It doubles each time where the vendor names none."""
MOST_WAIT_S = 120.0
"""For one request, in all; a vendor that wants longer is asked another time."""


class Vendor(Struct, frozen=True, kw_only=True):
    """Where a vendor's report is, and who asks."""

    title: str
    base_url: str
    headers: Mapping[str, str]
    sleep: Callable[[float], None] = time.sleep


class Reports:
    """Asks one vendor. To be closed."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._client = make_client(vendor.base_url)

    def __enter__(self) -> "Reports":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(
        self,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The JSON of an answer. Raises BadReport."""
        waited_s, problem = 0.0, ""
        for attempt in range(TRIES):
            status, content, wait_s = self._once(path, query, body)
            if status == 200:
                return decode(content)
            problem = self._problem(status)
            if status and status != 429 and status < 500:
                break
            wait_s = FIRST_WAIT_S * 2**attempt if wait_s is None else wait_s
            waited_s += wait_s
            if attempt == TRIES - 1 or waited_s > MOST_WAIT_S:
                break
            self._vendor.sleep(wait_s)
        raise BadReport(problem)

    def _once(
        self, path: str, query: list[tuple[str, str]] | None, body: Mapping[str, Any] | None
    ) -> tuple[int, bytes, float | None]:
        """Status, body and Retry-After; status 0: no whole answer."""
        until = time.monotonic() + WHOLE_S
        try:
            with self._client.stream(
                "GET" if body is None else "POST",
                path,
                params=tuple(query or ()),
                json=body,
                headers=dict(self._vendor.headers),
                timeout=STEP_S,
            ) as response:
                found = bytearray()
                for part in response.iter_raw():
                    found += part
                    if len(found) > MAX_BODY_BYTES:
                        raise BadReport(
                            f"{self._vendor.title}'s answer is larger than {MAX_BODY_BYTES // 1_048_576} MiB."
                        )
                    if time.monotonic() > until:
                        return 0, b"", None
                wait_s = retry_after_s(response.headers.get("retry-after", ""), now=time.time())
                return response.status_code, bytes(found), wait_s
        except httpx2.HTTPError:  # its text holds the address
            return 0, b"", None

    def _problem(self, status: int) -> str:
        title = self._vendor.title
        if status == 0:
            return f"{title} gives no whole answer; try again later."
        if status in (401, 403):
            return f"{title} refuses the key for its reports ({status}): it has to be an administrator's."
        if status == 429:
            return f"{title} allows no more requests for now (429); try again later."
        if 300 <= status < 400:
            return f"{title} answers {status}, a redirect, which is not followed."
        return f"{title} answers {status}."
