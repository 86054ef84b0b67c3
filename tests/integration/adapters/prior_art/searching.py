"""Sources that ask the invented services of one test, and tasks that use them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec

from adapters.prior_art.adapter import PriorArtAdapter
from adapters.prior_art.features import ACADEMIC_SEARCH, PATENT_DATABASES
from adapters.prior_art.sources.openalex import OpenAlex
from adapters.prior_art.sources.patentsview import PatentsView
from adapters.prior_art.sources.port import Service, SourceConfig
from adapters.prior_art.sources.source import Source
from adapters.prior_art.sources.uspto import Uspto
from fixtures.search_services.server import SearchServices
from metering.ports import TaskRequest
from metering.types import Task

KEY = "key-of-the-test"
BATTERY = (
    "A battery pack with an aerogel sheet between its cells, a burst vent in the lid, and an off-gas detector "
    "that tells of a failing cell"
)
FEATURES = frozenset({ACADEMIC_SEARCH, PATENT_DATABASES})


def source(services: SearchServices, service: Service, **config: Any) -> Source:
    facts = {
        "base_url": services.url(service.name),
        "api_key": KEY,
        "requests": 1_000,
        "per_s": 1.0,
        **config,
    }
    return Source(service, SourceConfig(**facts))


@asynccontextmanager
async def all_sources(services: SearchServices, **config: Any) -> AsyncGenerator[list[Source], None]:
    async with AsyncExitStack() as stack:
        kinds = (OpenAlex(), Uspto(), PatentsView())
        yield [await stack.enter_async_context(source(services, kind, **config)) for kind in kinds]


def request(
    text: str = BATTERY,
    *,
    limits: dict[str, int] | None = None,
    features: frozenset[str] = FEATURES,
    **fields: Any,
) -> TaskRequest:
    return TaskRequest(
        task=Task.PRIOR_ART, input={"abstract": text, **fields}, limits=limits or {}, features=features
    )


async def run(sources: Sequence[Source], asked: TaskRequest, spending: Any) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.json.decode(await PriorArtAdapter(sources).execute(asked, spending))
    return answer
