"""Whatever a service does has a defined outcome, and every request is counted."""

import asyncio
import logging
import socket
from typing import Any

import pytest

from adapters.prior_art.asked import Scope
from adapters.prior_art.queries import Query
from adapters.prior_art.sources.openalex import OpenAlex
from adapters.prior_art.sources.port import Service
from adapters.prior_art.sources.source import ATTEMPTS, Found
from adapters.prior_art.sources.uspto import Uspto
from fixtures.search_services.reply import Reply
from fixtures.search_services.server import SearchServices
from tests.integration.adapters.prior_art.searching import KEY, source
from tests.support.spending import CountingSpending

VENT = Query((("burst vent",),))
SEAL = Query((("aerogel sheet",),))
GOOD = {"meta": {"next_cursor": None}, "results": [{"id": "https://openalex.org/W7", "title": "A fan"}]}


async def search(
    services: SearchServices,
    *queries: Query,
    service: Service | None = None,
    requests: int = 100,
    spending: CountingSpending | None = None,
    **config: Any,
) -> tuple[Found, CountingSpending]:
    spending = spending or CountingSpending()
    async with source(services, service or OpenAlex(), **config) as opened:
        found = await opened.search(queries or (VENT,), Scope(), requests=requests, spending=spending)
    return found, spending


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_is_asked_again(services: SearchServices, status: int) -> None:
    services.script["openalex"] = [Reply(status=status, json={"error": "x"})]
    found, spending = await search(services)
    assert (found.status, bool(found.hits)) == ("ok", True)
    assert services.count("openalex") == len(spending.services) == 2


async def test_it_is_asked_so_often_and_no_more(services: SearchServices) -> None:
    services.always["openalex"] = Reply(status=500, json={})
    found, spending = await search(services)
    assert (found.status, found.error) == ("failed", "OpenAlex answered 500.")
    assert services.count("openalex") == len(spending.services) == ATTEMPTS


async def test_a_second_attempt_is_not_made_beyond_the_requests_allowed(services: SearchServices) -> None:
    services.always["openalex"] = Reply(status=500, json={})
    found, spending = await search(services, requests=2)
    assert found.status == "failed"
    assert services.count("openalex") == len(spending.services) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=400, json={"error": "x", "message": "m"}), "answered 400"),
        (Reply(status=401, json={}), "refuses the gateway's key"),
        (Reply(status=403, json={}), "refuses the gateway's key"),
        (Reply(status=404, json={}), "answered 404"),
        (Reply(status=418, json={}), "answered 418"),
        (Reply(json=[1]), "no JSON object"),
        (Reply(json={"results": None}), "no results"),
        (Reply(json={"results": []}, headers={"content-encoding": "gzip"}), "packed"),
        (Reply(raw=b"x" * 5_000), "larger than 4,000 bytes"),
        (Reply(status=301, headers={"location": "http://127.0.0.1:9/openalex/works"}), "answered 301"),
        (Reply(status=302, headers={"location": "/elsewhere"}), "answered 302"),
        (Reply(status=301, headers={"location": "http://["}), "answered 301"),
    ],
)
async def test_what_no_second_attempt_mends_is_asked_once(
    services: SearchServices, reply: Reply, reason: str
) -> None:
    services.always["openalex"] = reply
    found, _ = await search(services, max_body_bytes=4_000)
    assert (found.status, services.count("openalex")) == ("failed", 1)
    assert reason in str(found.error)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(raw=b"<html>oops"), "no JSON"),
        (Reply(raw=b'{"results": [' + b"[" * 100_000), "no JSON"),
        (Reply(raw=b""), "no JSON"),
        (Reply(json=GOOD, is_cut=True), "broke off"),
        (Reply(json=GOOD, delay_s=1.0), "within 0.2 seconds"),
    ],
)
async def test_what_may_pass_is_asked_again(services: SearchServices, reply: Reply, reason: str) -> None:
    services.script["openalex"] = [reply]
    found, _ = await search(services, timeout_s=0.2)
    assert (found.status, services.count("openalex")) == ("ok", 2)
    services.always["openalex"] = reply
    found, _ = await search(services, timeout_s=0.2, requests=1)
    assert (found.status, found.is_retryable) == ("failed", True)
    assert reason in str(found.error)


async def test_records_that_are_no_documents_are_left_out_and_counted(services: SearchServices) -> None:
    services.script["openalex"] = [
        Reply(
            raw=b'{"results": [null, {"id": 1}, {"id": "https://openalex.org/W1", "title": "\\ud800 \xff"}]}'
        )
    ]
    found, _ = await search(services)
    assert (found.status, found.unreadable) == ("ok", 2)
    assert found.hits[0].reference.title == "? \ufffd"


async def test_a_document_outside_the_dates_asked_for_is_left_out(services: SearchServices) -> None:
    records = [
        {"id": f"https://openalex.org/W{year}", "title": "A fan", "publication_date": f"{year}-06-01"}
        for year in (2010, 2015)
    ]
    services.script["openalex"] = [Reply(json={"results": records})]
    async with source(services, OpenAlex()) as opened:
        found = await opened.search(
            (VENT,), Scope(date_from="2014-01-01"), requests=1, spending=CountingSpending()
        )
    assert [hit.reference.source_id for hit in found.hits] == ["W2015"]


async def test_a_long_rest_ends_the_search_of_this_source_without_waiting(services: SearchServices) -> None:
    services.script["openalex"] = [Reply(status=429, headers={"retry-after": "7200"}, json={})]
    found, spending = await search(services, VENT, SEAL)
    assert (found.status, services.count("openalex"), len(spending.services)) == ("failed", 1, 1)
    assert "7,200 seconds" in str(found.error)


async def test_a_rest_that_was_asked_for_holds_for_the_next_task_too(services: SearchServices) -> None:
    services.script["openalex"] = [Reply(status=429, headers={"retry-after": "7200"}, json={})]
    async with source(services, OpenAlex()) as opened:
        for _ in range(2):
            spending = CountingSpending()
            found = await opened.search((VENT,), Scope(), requests=9, spending=spending)
            assert found.status == "failed"
    assert (services.count("openalex"), spending.services) == (1, [])


async def test_an_allowance_that_is_used_up_ends_the_search_with_what_was_found(
    services: SearchServices,
) -> None:
    services.script["openalex"] = [
        Reply(json=GOOD, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40000"})
    ]
    found, _ = await search(services, VENT, SEAL)
    assert (found.status, len(found.hits), services.count("openalex")) == ("partial", 1, 1)


async def test_the_uspto_is_asked_again_after_its_rest_if_the_deadline_allows(
    services: SearchServices,
) -> None:
    patient = Uspto()
    assert patient.least_wait_s == 5.0
    patient.least_wait_s = 0.4
    services.script["uspto"] = [Reply(status=429, json={})]
    begin = asyncio.get_running_loop().time()
    found, _ = await search(services, service=patient)
    assert asyncio.get_running_loop().time() - begin >= 0.4
    assert (found.status, services.count("uspto")) == ("ok", 2)


async def test_the_uspto_is_left_alone_if_its_rest_ends_after_the_deadline(services: SearchServices) -> None:
    services.script["uspto"] = [Reply(status=429, json={})]
    found, _ = await search(services, VENT, SEAL, service=Uspto(), deadline_s=4.0)
    assert (found.status, services.count("uspto")) == ("failed", 1)


async def test_one_request_at_a_time_goes_to_the_uspto_whatever_the_number_of_tasks(
    services: SearchServices,
) -> None:
    services.delay_s = lambda: 0.02
    async with source(services, Uspto()) as opened:
        found = await asyncio.gather(
            *(opened.search((VENT, SEAL), Scope(), requests=9, spending=CountingSpending()) for _ in range(4))
        )
    assert [one.status for one in found] == ["ok"] * 4  # the service answers 429 to a second one
    assert services.count("uspto") == 8


async def test_requests_keep_to_the_rate_of_the_configuration(services: SearchServices) -> None:
    async with source(services, OpenAlex(), pages=1, requests=2, per_s=0.2) as opened:
        begin = asyncio.get_running_loop().time()
        await opened.search([VENT] * 5, Scope(), requests=9, spending=CountingSpending())
    assert asyncio.get_running_loop().time() - begin >= 0.4


async def test_a_server_that_is_not_there_is_a_failure(services: SearchServices) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    found, spending = await search(services, VENT, SEAL, base_url=address)
    assert (found.status, found.error) == ("failed", "OpenAlex cannot be reached.")
    assert len(spending.services) == ATTEMPTS


async def test_after_two_failed_queries_a_source_is_left_alone(services: SearchServices) -> None:
    services.always["openalex"] = Reply(status=400, json={})
    found, _ = await search(services, *[VENT, SEAL] * 3)
    assert (found.status, services.count("openalex")) == ("failed", 2)


async def test_one_failed_query_makes_the_search_partial(services: SearchServices) -> None:
    services.script["openalex"] = [Reply(status=400, json={})]
    found, _ = await search(services, VENT, SEAL)
    assert (found.status, found.error, bool(found.hits)) == ("partial", "OpenAlex answered 400.", True)


async def test_an_allowance_that_ends_early_is_no_crash(services: SearchServices) -> None:
    found, spending = await search(services, VENT, SEAL, spending=CountingSpending(api_calls=1))
    assert (found.status, found.error) == ("partial", "No API call is left.")
    assert services.count("openalex") == len(spending.services) == 1


async def test_no_reason_tells_the_key_or_the_query(services: SearchServices) -> None:
    for reply in (
        Reply(status=500, json={}),
        Reply(status=403, json={}),
        Reply(json=GOOD, is_cut=True),
        Reply(raw=b"{"),
    ):
        services.always["openalex"] = reply
        found, _ = await search(services, requests=1)
        assert KEY not in str(found.error)
        assert "vent" not in str(found.error)
        assert "http" not in str(found.error)


async def test_no_log_tells_the_key_or_the_query(
    services: SearchServices, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await search(services)
        await search(services, service=Uspto())
    assert services.asked[0].params["search"] == '"burst vent"'
    assert "burst" not in caplog.text
    assert KEY not in caplog.text
