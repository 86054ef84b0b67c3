"""All sources at once, each within its share of the API calls."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from adapters.prior_art.asked import Scope
from adapters.prior_art.queries import Query
from adapters.prior_art.sources.budget import shares
from adapters.prior_art.sources.source import Found, Source
from metering.errors import FeatureNotInPlan, InvalidRequest, VendorError
from metering.ports import Spending

SPARE_REQUESTS = 2
"""That a source may want for second attempts, beside one for each page of each query."""


def choose_sources(asked: Sequence[str], sources: Sequence[Source], features: frozenset[str]) -> list[Source]:
    """Those asked for, or all that the plan has. Raises InvalidRequest and FeatureNotInPlan."""
    by_name = {source.service.name: source for source in sources}
    of_sources = {source.service.feature for source in sources}
    if not of_sources & features:  # a plan that says nothing of sources has them all
        features = frozenset(of_sources)
    for name in asked:
        if name not in by_name:
            raise InvalidRequest(
                f"{name[:40]!r} is no source of this gateway, which has {', '.join(by_name) or 'none'}.",
                param="sources",
            )
        if by_name[name].service.feature not in features:
            raise FeatureNotInPlan(
                f"The plan does not contain {by_name[name].service.feature}, which {name} needs.",
                param="sources",
            )
    if asked:
        return [source for source in sources if source.service.name in asked]
    if not sources:
        raise VendorError("No search service is set up on this gateway.", retryable=False)
    return [source for source in sources if source.service.feature in features]


async def search_all(
    sources: Sequence[Source], queries: Sequence[Query], scope: Scope, spending: Spending
) -> AsyncGenerator[Found, None]:
    """What came of each source, as soon as it is there. Close it (`aclosing`) where it is left early."""
    wanted = [len(queries) * source.config.pages + SPARE_REQUESTS for source in sources]
    given = shares(wanted, max(0, spending.api_calls_left))
    tasks = [
        asyncio.create_task(source.search(queries, scope, requests=requests, spending=spending))
        for source, requests in zip(sources, given, strict=True)
    ]
    try:
        for finished in asyncio.as_completed(tasks):
            yield await finished
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def require_an_answer(found: Sequence[Found]) -> None:
    """Raises VendorError where no source answered anything, and the LimitExceeded of a budget that was the reason."""
    if all(one.status == "failed" for one in found):
        refusal = next((one.refusal for one in found if one.refusal is not None), None)
        if refusal is not None:
            raise refusal
        reasons = " ".join(one.error or "" for one in found)
        raise VendorError(
            f"No source could be searched. {reasons}".strip(),
            retryable=any(one.is_retryable for one in found),
        )
