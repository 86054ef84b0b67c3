"""The search services of the prior-art task, as the environment sets them up."""

from django.conf import settings

from adapters.prior_art.sources.openalex import OpenAlex
from adapters.prior_art.sources.patentsview import PatentsView
from adapters.prior_art.sources.port import SourceConfig
from adapters.prior_art.sources.source import Source
from adapters.prior_art.sources.uspto import Uspto


def make_sources() -> tuple[Source, ...]:
    """OpenAlex and the USPTO always; a server that speaks as PatentsView did where one is named."""
    sources = [
        Source(
            OpenAlex(), SourceConfig(base_url=settings.OPENALEX_BASE_URL, api_key=settings.OPENALEX_API_KEY)
        ),
        Source(
            Uspto(), SourceConfig(base_url=settings.USPTO_ODP_BASE_URL, api_key=settings.USPTO_ODP_API_KEY)
        ),
    ]
    if settings.PATENTSVIEW_BASE_URL:
        config = SourceConfig(base_url=settings.PATENTSVIEW_BASE_URL, api_key=settings.PATENTSVIEW_API_KEY)
        sources.append(Source(PatentsView(), config))
    return tuple(sources)
