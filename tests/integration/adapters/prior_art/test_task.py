"""The whole task over real HTTP, with the sandbox as its model."""

import asyncio
from contextlib import aclosing
from random import Random
from typing import Any

import msgspec
import pytest

from adapters.ask import Unusable
from adapters.prior_art.adapter import PriorArtAdapter
from adapters.prior_art.features import ACADEMIC_SEARCH, PATENT_DATABASES
from adapters.prior_art.markdown import as_markdown
from adapters.prior_art.table import as_csv
from fixtures.search_services.corpus import plant
from fixtures.search_services.reply import Reply
from fixtures.search_services.server import SearchServices
from metering.errors import (
    BudgetExceeded,
    ContentFiltered,
    FeatureNotInPlan,
    InputTooLarge,
    InvalidRequest,
    MeteringError,
    VendorError,
    VendorTimeout,
)
from metering.types import ModelClass, Task
from tests.integration.adapters.prior_art.searching import BATTERY, all_sources, request, run
from tests.support.spending import CountingSpending, used_up

TEXTS = {text for one in plant() for text in (one.title, one.title.upper(), one.abstract)}
DOWN = Reply(status=403, json={})


async def events(sources: Any, asked: Any, spending: CountingSpending) -> list[dict[str, Any]]:
    return [msgspec.json.decode(event) async for event in PriorArtAdapter(sources).stream(asked, spending)]


async def test_the_result_has_everything_that_the_contract_names(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        result = await run(sources, request(top_k=5), CountingSpending())
    assert set(result) == {"id", "elements", "queries", "sources", "results", "coverage", "warnings", "usage"}
    assert [element["id"] for element in result["elements"]][:2] == ["E1", "E2"]
    assert set(result["sources"]) == {"openalex", "uspto", "patentsview"}
    assert all(one["status"] == "ok" and one["error"] is None for one in result["sources"].values())
    assert [found["rank"] for found in result["results"]] == [1, 2, 3, 4, 5]
    first = result["results"][0]
    assert {"source", "source_id", "title", "date", "url", "score", "rationale", "evidence"} <= set(first)
    assert ("doi" in first) or ("publication_number" in first)
    assert 0 < first["score"] <= 1
    scores = [found["score"] for found in result["results"]]
    assert scores == sorted(scores, reverse=True)
    for row in result["coverage"]:
        holders = [
            found["rank"]
            for found in result["results"]
            if any(one["element"] == row["element"] for one in found["evidence"])
        ]
        assert row["results"] == holders
    assert as_markdown(result).startswith("# Prior art")
    assert as_csv(result).count("\n") > 5


async def test_every_quote_stands_in_a_source_and_every_reference_came_from_one(
    services: SearchServices,
) -> None:
    async with all_sources(services) as sources:
        result = await run(sources, request(), CountingSpending())
    quotes = [one["quote"] for found in result["results"] for one in found["evidence"]]
    assert len(quotes) > 5
    assert all(any(quote in text for text in TEXTS) for quote in quotes)
    assert {found["title"] for found in result["results"]} <= TEXTS


async def test_each_document_stands_once_though_several_sources_have_it(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        result = await run(sources, request(top_k=40), CountingSpending())
    numbers = [
        found.get("publication_number") or found.get("doi") or found["source_id"]
        for found in result["results"]
    ]
    assert len(numbers) == len(set(numbers))
    assert any(found["also_found_in"] == ["uspto"] for found in result["results"])


async def test_results_are_identical_however_the_answers_interleave(services: SearchServices) -> None:
    results = []
    for seed in range(3):
        random = Random(seed)
        services.delay_s = lambda random=random: random.random() * 0.03  # type: ignore[misc]
        services.script["openalex"] = [Reply(status=503, json={})]
        spending = CountingSpending(api_calls=11)
        async with all_sources(services, page_size=5) as sources:
            results.append((await run(sources, request(), spending), sorted(spending.services)))
    assert all(result == results[0] for result in results)
    assert len(results[0][1]) == 11


@pytest.mark.parametrize("calls", [1, 2, 3, 7])
async def test_so_many_requests_are_sent_as_there_are_api_calls_and_each_is_counted(
    services: SearchServices, calls: int
) -> None:
    spending = CountingSpending(api_calls=calls)
    async with all_sources(services, page_size=2) as sources:
        result = await run(sources, request(), spending)
    assert len(services.asked) == len(spending.services) == calls
    assert spending.api_calls_left == 0
    shares = [services.count(name) for name in ("openalex", "uspto", "patentsview")]
    assert max(shares) - min(shares) <= 1
    assert any("no API call was left" in warning for warning in result["warnings"])


async def test_one_source_down_is_said_and_the_others_are_used(services: SearchServices) -> None:
    services.always["uspto"] = DOWN
    async with all_sources(services) as sources:
        result = await run(sources, request(), CountingSpending())
    assert result["sources"]["uspto"] == {
        "status": "failed",
        "found": 0,
        "error": "USPTO Open Data Portal refuses the gateway's key (403).",
    }
    assert result["sources"]["openalex"]["status"] == "ok"
    assert (
        "The source uspto was not searched: USPTO Open Data Portal refuses the gateway's key (403)."
        in result["warnings"]
    )
    assert result["results"]


async def test_all_sources_down_is_an_error_after_what_was_used(services: SearchServices) -> None:
    for name in ("openalex", "uspto", "patentsview"):
        services.always[name] = DOWN
    spending = CountingSpending()
    async with all_sources(services) as sources:
        with pytest.raises(VendorError, match="No source could be searched") as failed:
            await run(sources, request(), spending)
    assert (len(spending.asked), len(spending.services), len(services.asked)) == (1, 3, 3)
    assert not failed.value.retryable


async def test_without_a_match_nothing_is_ranked(services: SearchServices) -> None:
    spending = CountingSpending()
    async with all_sources(services) as sources:
        result = await run(sources, request("perpetuum zeppelin quasar"), spending)
    assert (result["results"], len(spending.asked)) == ([], 1)
    assert "No document matches the queries; nothing was ranked." in result["warnings"]


async def test_a_plan_with_one_feature_searches_its_sources_alone_and_one_with_none_all(
    services: SearchServices,
) -> None:
    async with all_sources(services) as sources:
        academic = await run(sources, request(features=frozenset({ACADEMIC_SEARCH})), CountingSpending())
        patents = await run(sources, request(features=frozenset({PATENT_DATABASES})), CountingSpending())
        whole = await run(sources, request(features=frozenset({"PRIOR_ART"})), CountingSpending())
    assert list(academic["sources"]) == ["openalex"]
    assert list(patents["sources"]) == ["uspto", "patentsview"]
    assert list(whole["sources"]) == ["openalex", "uspto", "patentsview"]


async def test_a_source_that_the_plan_lacks_is_refused_before_anything_is_spent(
    services: SearchServices,
) -> None:
    spending = CountingSpending()
    async with all_sources(services) as sources:
        adapter = PriorArtAdapter(sources)
        for asked in (
            request(sources=["uspto"], features=frozenset({ACADEMIC_SEARCH})),
            request(sources=["openalex"], features=frozenset({"PRIOR_ART", PATENT_DATABASES})),
        ):
            with pytest.raises(FeatureNotInPlan):
                adapter.opening(asked)
            with pytest.raises(FeatureNotInPlan):
                await adapter.execute(asked, spending)
    assert (spending.asked, services.asked) == ([], [])


async def test_only_the_sources_asked_for_are_searched(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        result = await run(sources, request(sources=["patentsview"]), CountingSpending())
        with pytest.raises(InvalidRequest, match="no source of this gateway"):
            await run(sources, request(sources=["espacenet"]), CountingSpending())
    assert list(result["sources"]) == ["patentsview"]
    assert {asked.service for asked in services.asked} == {"patentsview"}


@pytest.mark.parametrize("limit", ["max_api_calls", "retrieval_top_k", "agent_max_steps"])
async def test_a_limit_of_0_is_named(services: SearchServices, limit: str) -> None:
    async with all_sources(services) as sources:
        with pytest.raises(InvalidRequest, match=limit):
            PriorArtAdapter(sources).opening(request(limits={limit: 0}))


async def test_the_opening_is_the_first_call(services: SearchServices) -> None:
    spending, asked = CountingSpending(), request()
    async with all_sources(services) as sources:
        await run(sources, asked, spending)
        assert PriorArtAdapter(sources).opening(asked) == spending.asked[0]


async def test_no_more_documents_than_top_k_are_read_by_the_model(services: SearchServices) -> None:
    spending = CountingSpending()
    async with all_sources(services) as sources:
        result = await run(sources, request(top_k=3), spending)
    material = spending.asked[1]["messages"][1]["content"]
    assert material.count("\nTitle: ") == len(result["results"]) == 3


async def test_what_a_model_invents_never_survives_and_is_counted(services: SearchServices) -> None:
    lies = f"{BATTERY}. sandbox:invented-reference sandbox:invented-quote sandbox:invented-citation sandbox:verdict"
    spending = CountingSpending()
    async with all_sources(services) as sources:
        result = await run(sources, request(lies, top_k=4), spending)
    assert len(spending.asked) == 1 + 3  # it was asked again twice
    assert len(result["results"]) == 4
    text = msgspec.json.encode(result).decode()
    assert "R99" not in text
    assert "teaches exactly" not in text
    assert "not novel" not in text
    assert "invalid" not in text
    assert "Smith" not in text
    assert "9,876,543" not in text
    assert "8 citations in rationales that no source gave were left out." in result["warnings"]
    assert "1 entry for documents that no source gave were left out." in result["warnings"]
    assert "4 quotes not found in the document were left out." in result["warnings"]
    assert "4 rationales held a verdict, which was left out." in result["warnings"]


async def test_an_element_cites_nothing_that_the_caller_did_not_name(services: SearchServices) -> None:
    plan = {
        "elements": ["a cell as in US 9,876,543", "a vent as in US 1,234,567"],
        "queries": [{"groups": [["battery"]]}],
    }
    told = msgspec.json.encode(plan).decode()
    spending = CountingSpending(answers=lambda body, number: told if number == 1 else None)
    async with all_sources(services) as sources:
        result = await run(sources, request("A battery unlike that of US 1,234,567.", top_k=1), spending)
    assert [element["text"] for element in result["elements"]] == [
        "a cell as in [a citation that no source gave]",
        "a vent as in US 1,234,567",
    ]


async def test_a_useless_answer_is_asked_for_again(services: SearchServices) -> None:
    spending = CountingSpending()
    async with all_sources(services) as sources:
        result = await run(sources, request(f"{BATTERY} sandbox:mistake=1", top_k=2), spending)
    assert len(spending.asked) == 4
    assert result["results"][0]["evidence"]


async def test_without_a_plan_nothing_is_searched(services: SearchServices) -> None:
    spending = CountingSpending()
    async with all_sources(services) as sources:
        with pytest.raises(Unusable):
            await run(sources, request(f"{BATTERY} sandbox:mistake=3"), spending)
    assert (len(spending.asked), services.asked) == (3, [])


async def test_steps_are_hit_exactly_and_what_was_not_read_is_listed_by_its_words(
    services: SearchServices,
) -> None:
    async with all_sources(services) as sources:
        whole, planned = CountingSpending(steps=3), CountingSpending(steps=1)
        read = await run(sources, request(top_k=20), whole)
        unread = await run(sources, request(top_k=20), planned)
    assert (whole.steps_left, planned.steps_left) == (0, 0)
    assert all(found["rationale"] for found in read["results"])
    assert len(unread["results"]) == 20
    assert [found["evidence"] for found in unread["results"]] == [[]] * 20
    assert any("20 documents were not read by a model" in warning for warning in unread["warnings"])


async def test_titles_alone_are_said(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        result = await run(sources, request(sources=["uspto"], top_k=3), CountingSpending())
    assert (
        "3 documents came without an abstract: only title and classes could be quoted." in result["warnings"]
    )


async def test_classes_bound_patents_and_the_rest_is_said(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        result = await run(sources, request(cpc=["H01M10/48"]), CountingSpending())
    assert "openalex knows no CPC classes and was searched in all of them." in result["warnings"]


async def test_dates_bound_all_results(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        result = await run(sources, request(date_from="2012-01-01", date_to="2015-12-31"), CountingSpending())
    assert result["results"]
    assert all("2012-01-01" <= found["date"] <= "2015-12-31" for found in result["results"])


async def test_a_long_disclosure_is_cut_and_says_so(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        result = await run(
            sources, request(f"{BATTERY}. {'More of it. ' * 6_000}", top_k=1), CountingSpending()
        )
    assert "Only the first 60,000 characters of the abstract were read." in result["warnings"]


async def test_progress_comes_as_events_and_the_last_one_is_the_result(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        told = await events(sources, request(top_k=20), CountingSpending())
        result = await run(sources, request(top_k=20), CountingSpending())
    names = [event["event"] for event in told]
    assert names == ["planned", "searched", "searched", "searched", "ranked", "ranked", "result"]
    assert {event["source"] for event in told[1:4]} == {"openalex", "uspto", "patentsview"}
    assert [(event["done"], event["of"]) for event in told[4:6]] == [(10, 20), (20, 20)]
    assert told[-1] == {"event": "result", "progress": 100, **result}
    progress = [event["progress"] for event in told]
    assert progress == sorted(progress)


async def test_a_caller_who_leaves_ends_the_search(services: SearchServices) -> None:
    services.always["openalex"] = DOWN
    services.delay_s = lambda: 0.15 if len(services.asked) > 1 else 0.0
    async with all_sources(services) as sources:
        async with aclosing(PriorArtAdapter(sources).stream(request(), CountingSpending())) as stream:
            async for event in stream:
                if msgspec.json.decode(event)["event"] == "searched":
                    break
            sent = len(services.asked)
        await asyncio.sleep(0.4)
        assert len(services.asked) == sent < 6
        running = {getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()}
        assert "Source.search" not in running


class OutOfCalls(CountingSpending):
    """A budget of API calls that has room for so many."""

    def __init__(self, *, room: int) -> None:
        super().__init__()
        self.room = room

    async def call_api(self, service: str, send: Any) -> Any:
        if len(self.services) == self.room:
            raise used_up("api_calls")
        return await super().call_api(service, send)


async def test_a_budget_that_ends_in_the_middle_of_the_search_leaves_what_was_found(
    services: SearchServices,
) -> None:
    spending = OutOfCalls(room=3)
    async with all_sources(services) as sources:
        result = await run(sources, request(top_k=3), spending)
    assert len(services.asked) == 3
    assert len(result["results"]) == 3
    assert result["results"][0]["evidence"]
    assert "partial" in {source["status"] for source in result["sources"].values()}
    assert any("The budget is used up." in warning for warning in result["warnings"])


async def test_a_budget_that_lets_no_source_be_asked_is_told_as_it_is(services: SearchServices) -> None:
    async with all_sources(services) as sources:
        with pytest.raises(BudgetExceeded):
            await run(sources, request(), OutOfCalls(room=0))
    assert services.asked == []


@pytest.mark.parametrize(
    ("problem", "asked"),
    [
        (used_up("cost"), 2),
        (VendorTimeout("The vendor did not answer.", retryable=True), 2),
        (InputTooLarge("The input is too long."), 3),
        (ContentFiltered("The vendor refuses it."), 3),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_was_found_is_listed_where_the_model_cannot_read_it(
    services: SearchServices, problem: MeteringError, asked: int
) -> None:
    """A limit or a vendor that fails ends the reading; an input that is refused leaves its documents out."""
    spending = CountingSpending(answers=lambda body, number: None if number == 1 else problem)
    async with all_sources(services) as sources:
        result = await run(sources, request(top_k=20), spending)
    assert len(spending.asked) == asked
    assert [found["evidence"] for found in result["results"]] == [[]] * 20
    assert (
        f"20 documents were not read by a model and are listed by their words alone: {problem.message}"
        in result["warnings"]
    )


async def test_an_answer_that_cannot_be_mended_for_want_of_a_budget_is_kept_as_far_as_it_is_true(
    services: SearchServices,
) -> None:
    spending = CountingSpending(answers=lambda body, number: None if number < 3 else used_up("cost"))
    async with all_sources(services) as sources:
        result = await run(sources, request(f"{BATTERY}. sandbox:invented-quote", top_k=4), spending)
    assert all(found["rationale"] for found in result["results"])
    assert "4 quotes not found in the document were left out." in result["warnings"]


async def test_an_error_of_the_allowance_ends_all_searches_and_comes_through(
    services: SearchServices,
) -> None:
    class Empty(CountingSpending):
        async def call_api(self, service: str, send: Any) -> Any:
            if len(self.services) == 3:
                raise VendorError("The budget is empty.", retryable=False)
            return await super().call_api(service, send)

    async with all_sources(services) as sources:
        with pytest.raises(VendorError, match="The budget is empty"):
            await run(sources, request(), Empty())
    assert len(services.asked) == 3


def test_it_says_what_it_is_for() -> None:
    adapter = PriorArtAdapter([])
    assert adapter.supported_tasks == {Task.PRIOR_ART}
    assert adapter.supported_model_classes == {ModelClass.BASE_S, ModelClass.BASE_M}
