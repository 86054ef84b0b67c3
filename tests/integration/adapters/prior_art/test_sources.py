"""Each service over real HTTP, as it is documented."""

import pytest

from adapters.prior_art.asked import Scope
from adapters.prior_art.queries import Query
from adapters.prior_art.sources.openalex import OpenAlex
from adapters.prior_art.sources.patentsview import PatentsView
from adapters.prior_art.sources.port import Service
from adapters.prior_art.sources.source import Found, Source
from adapters.prior_art.sources.uspto import Uspto
from fixtures.search_services.corpus import Planted, plant
from fixtures.search_services.reply import Reply
from fixtures.search_services.server import SearchServices
from tests.integration.adapters.prior_art.searching import source
from tests.support.spending import CountingSpending

VENT = Query((("burst vent", "rupture disc"),))
KINDS = (OpenAlex, Uspto, PatentsView)
each_service = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def holders(*kinds: str, in_title: bool = False) -> list[Planted]:
    """The invented documents of these kinds that say it."""
    return [
        one
        for one in plant()
        if one.kind in kinds
        and any(term in (one.title if in_title else f"{one.title} {one.abstract}") for term in VENT.groups[0])
    ]


async def found_by(opened: Source, *queries: Query, scope: Scope | None = None, requests: int = 100) -> Found:
    async with opened:
        return await opened.search(
            queries or (VENT,), scope or Scope(), requests=requests, spending=CountingSpending()
        )


async def test_openalex_is_read_to_the_last_page_with_whole_abstracts(services: SearchServices) -> None:
    found = await found_by(source(services, OpenAlex(), page_size=3, pages=100))
    by_doi = {hit.reference.doi: hit.reference for hit in found.hits if hit.reference.abstract}
    papers = holders("paper")
    assert {doi: one.abstract for doi, one in by_doi.items() if doi} == {
        one.doi: one.abstract for one in papers
    }
    assert [hit.rank for hit in found.hits] == list(range(len(found.hits)))
    assert services.count("openalex") == -(-len(found.hits) // 3)
    assert (found.status, found.error, found.unreadable) == ("ok", None, 0)


async def test_the_uspto_is_read_to_the_last_page(services: SearchServices) -> None:
    found = await found_by(source(services, Uspto(), page_size=2, pages=100))
    wanted = holders("patent", "application", in_title=True)
    assert len(wanted) > 5
    assert {hit.reference.source_id for hit in found.hits} == {one.application_number for one in wanted}
    assert services.count("uspto") == -(-len(wanted) // 2)


async def test_patentsview_is_read_to_the_last_page(services: SearchServices) -> None:
    found = await found_by(source(services, PatentsView(), page_size=2, pages=100))
    wanted = holders("patent")
    assert sorted(hit.reference.source_id for hit in found.hits) == sorted(
        one.patent_number for one in wanted
    )


async def test_no_match_at_the_uspto_is_an_answer(services: SearchServices) -> None:
    found = await found_by(source(services, Uspto()), Query((("perpetual motion",),)))
    assert (found.status, found.hits, found.error) == ("ok", [], None)


@each_service
async def test_pages_end_where_the_configuration_says(services: SearchServices, kind: type[Service]) -> None:
    found = await found_by(source(services, kind(), page_size=1, pages=2))
    assert len(found.hits) == services.count(kind.name) == 2


@each_service
async def test_dates_bound_what_is_found(services: SearchServices, kind: type[Service]) -> None:
    scope = Scope(date_from="2012-01-01", date_to="2016-12-31")
    found = await found_by(source(services, kind(), page_size=100), scope=scope)
    days = {hit.reference.date for hit in found.hits}
    assert days
    assert all("2012-01-01" <= day <= "2016-12-31" for day in days)


@pytest.mark.parametrize("kind", [Uspto, PatentsView], ids=lambda kind: kind.name)
async def test_classes_bound_what_is_found(services: SearchServices, kind: type[Service]) -> None:
    scope = Scope(classes=("H01M10/48",))
    found = await found_by(source(services, kind(), page_size=100), scope=scope)
    assert found.hits
    assert all("H01M10/48" in hit.reference.classes for hit in found.hits)


async def test_the_key_goes_where_each_service_wants_it(services: SearchServices) -> None:
    for kind in KINDS:
        await found_by(source(services, kind()))
    openalex, uspto, patentsview = services.asked
    assert openalex.params["api_key"] == uspto.headers["x-api-key"] == patentsview.headers["x-api-key"]
    assert "api_key" not in uspto.params | patentsview.params


async def test_a_moved_record_is_followed_and_counts_as_a_request(services: SearchServices) -> None:
    services.script["openalex"] = [
        Reply(status=301, headers={"location": f"{services.url('openalex')}/works/W2?moved=1"})
    ]
    spending = CountingSpending()
    async with source(services, OpenAlex()) as opened:
        found = await opened.search((VENT,), Scope(), requests=5, spending=spending)
    assert found.hits
    assert services.count("openalex") == len(spending.services) == 2
    assert (services.asked[1].path, services.asked[1].params["moved"]) == ("/openalex/works/W2", "1")
