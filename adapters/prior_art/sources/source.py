"""A search of one service: query by query, page by page, within a number of requests that is fixed beforehand.

Queries follow one another, so what the requests are spent on depends on the answers alone and on no other service.
First every query gets its first page, then those with more get the next. A second attempt is a request like any other.
"""

import asyncio
import ssl
from collections.abc import Sequence
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpx2
from msgspec import Struct

from adapters.prior_art.asked import Scope
from adapters.prior_art.queries import Query
from adapters.prior_art.references import Hit
from adapters.prior_art.sources.exchange import exchange, moved_to, read_answer, rest_wanted
from adapters.prior_art.sources.pace import Pace
from adapters.prior_art.sources.port import SearchFailed, SearchRequest, Service, SourceConfig
from metering.errors import LimitExceeded
from metering.ports import AllowanceSpent, Spending

ATTEMPTS = 3
BACKOFF_S = 0.2
FAILED_QUERIES = 2
"""After so many a service is left alone."""
REDIRECTS = 2
Answer = dict[str, Any] | SearchRequest
"""The JSON object, or where it is to be found."""


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed: read once, since that takes longer than a search."""
    return httpx2.create_ssl_context()


class Found(Struct, kw_only=True):
    """What came of one service."""

    source: str
    hits: list[Hit] = []
    status: str = "ok"
    """`ok`, `partial` (something is missing) or `failed` (nothing was answered)."""
    error: str | None = None
    unreadable: int = 0
    is_retryable: bool = False
    refusal: LimitExceeded | None = None
    """The budget that had no room for another request."""


class Source:
    """One service and the connections to it. It is shared by all tasks of an event loop, and closed at its end."""

    def __init__(self, service: Service, config: SourceConfig) -> None:
        self.service = service
        self.config = config
        self._pace = Pace(
            title=service.title, at_once=service.at_once, requests=config.requests, per_s=config.per_s
        )
        self._client = httpx2.AsyncClient(
            timeout=config.timeout_s,
            limits=httpx2.Limits(max_connections=service.at_once),
            verify=_trusted(),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def search(
        self, queries: Sequence[Query], scope: Scope, *, requests: int, spending: Spending
    ) -> Found:
        """Ask the queries with so many requests at most, fewer where a budget ends before.

        Raises what else `spending` raises.
        """
        return await _Search(self, queries, scope, requests, spending).run()

    async def send(self, request: SearchRequest, deadline: float, spending: Spending) -> Answer:
        """One metered request. Raises SearchFailed and what `spending` raises."""
        async with self._pace.turn(deadline):
            answer = await spending.call_api(
                self.service.name,
                lambda: exchange(self._client, self.config, self.service.title, request),
            )
        if rest_s := rest_wanted(answer):
            self._pace.close_for(rest_s)
        if moved := moved_to(self.config, request, answer):
            return moved
        try:
            return read_answer(self.service, answer)
        except SearchFailed as failed:
            if answer.status == 429:
                self._pace.close_for(failed.wait_s)
            raise


class _Search:
    """One search while it runs."""

    def __init__(
        self, source: Source, queries: Sequence[Query], scope: Scope, requests: int, spending: Spending
    ) -> None:
        self._source, self._queries, self._scope, self._spending = source, queries, scope, spending
        self._requests_left = requests
        self._deadline = asyncio.get_running_loop().time() + source.config.deadline_s
        self._answered: set[int] = set()
        self._failures: list[SearchFailed] = []
        self._found = Found(source=source.service.name)

    async def run(self) -> Found:
        cursors = dict.fromkeys(range(len(self._queries)), "")
        for _ in range(self._source.config.pages):
            for number in list(cursors):
                if self._is_over():
                    return self._ended()
                cursors[number] = await self._page_of(number, cursors[number])
            cursors = {number: cursor for number, cursor in cursors.items() if cursor}
        return self._ended()

    def _is_over(self) -> bool:
        return (
            self._requests_left < 1
            or len(self._failures) >= FAILED_QUERIES
            or any(failure.is_final for failure in self._failures)
        )

    async def _page_of(self, number: int, cursor: str) -> str:
        """Take one page of a query in; the cursor of the next."""
        config, service = self._source.config, self._source.service
        try:
            request = service.request(config, self._queries[number], self._scope, cursor)
            page = service.read(config, cursor, await self._attempts(request))
        except SearchFailed as failed:
            self._failures.append(failed)
            return ""
        self._answered.add(number)
        self._found.unreadable += page.unreadable
        before = sum(hit.query == number for hit in self._found.hits)
        self._found.hits += [
            Hit(reference=reference, query=number, rank=before + place)
            for place, reference in enumerate(page.references)
            if self._scope.has(reference.date)
        ]
        return page.cursor

    async def _attempts(self, request: SearchRequest) -> dict[str, Any]:
        now = asyncio.get_running_loop().time
        for attempt in range(ATTEMPTS):
            try:
                return await self._follow(request)
            except SearchFailed as failed:
                wait_s = max(failed.wait_s, BACKOFF_S * 2**attempt)
                is_last = attempt == ATTEMPTS - 1 or not self._requests_left
                if not failed.is_retryable or is_last or now() + wait_s >= self._deadline:
                    raise
                await asyncio.sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    async def _follow(self, request: SearchRequest) -> dict[str, Any]:
        """The answer, if need be from the address that the service names instead."""
        title = self._source.service.title
        for _ in range(1 + REDIRECTS):
            if not self._requests_left:
                raise SearchFailed(f"{title} wanted one more request than is allowed.")
            self._requests_left -= 1
            try:
                answer = await self._source.send(request, self._deadline, self._spending)
            except AllowanceSpent:
                self._requests_left = 0
                raise SearchFailed("No API call is left.", is_final=True) from None
            except LimitExceeded as refusal:
                self._requests_left = 0
                self._found.refusal = refusal
                raise SearchFailed(refusal.message, is_final=True) from None
            if not isinstance(answer, SearchRequest):
                return answer
            request = answer
        raise SearchFailed(f"{title} sent the gateway from one address to the next.")

    def _ended(self) -> Found:
        found, missing = self._found, len(self._queries) - len(self._answered)
        if self._failures:
            found.error = self._failures[-1].reason
            found.is_retryable = any(failure.is_retryable for failure in self._failures)
        elif missing:
            found.error = (
                f"{missing} of {len(self._queries)} queries were not asked: no API call was left for them."
            )
        if not self._answered:
            found.status = "failed"
        elif found.error:
            found.status = "partial"
        return found
