"""A search of the invented documents over real HTTP, with queries written beforehand instead of by a model."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.prior_art.asked import Scope
from adapters.prior_art.queries import Query, make_query
from adapters.prior_art.references import Hit
from adapters.prior_art.search import search_all
from adapters.prior_art.sources.openalex import OpenAlex
from adapters.prior_art.sources.patentsview import PatentsView
from adapters.prior_art.sources.port import SourceConfig
from adapters.prior_art.sources.source import Source
from adapters.prior_art.sources.uspto import Uspto
from fixtures.search_services.corpus import Need
from fixtures.search_services.server import SearchServices
from tests.support.spending import CountingSpending

SERVICES = (OpenAlex, Uspto, PatentsView)


@asynccontextmanager
async def sources_of(services: SearchServices) -> AsyncGenerator[list[Source], None]:
    """All three, asked as fast as they can."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                Source(
                    kind(),
                    SourceConfig(
                        base_url=services.url(kind.name), api_key="bench", requests=1_000, per_s=1.0
                    ),
                )
            )
            for kind in SERVICES
        ]


def queries_of(need: Need) -> list[Query]:
    return [query for groups in need.queries if (query := make_query(groups)) is not None]


async def hits_of(sources: Sequence[Source], need: Need) -> list[Hit]:
    """In the order of the sources."""
    found = {
        one.source: one async for one in search_all(sources, queries_of(need), Scope(), CountingSpending())
    }
    return [hit for source in sources for hit in found[source.service.name].hits]
