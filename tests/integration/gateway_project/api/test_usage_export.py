"""CSV export: streamed a page at a time in constant memory, one's own rows only."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils.timezone import now

from gateway_project.api.usage import export
from metering.ids import uuid7
from metering.models import User
from metering.orm import close_database_threads
from metering.usage.filters import UsageFilter
from metering.usage.prices import Prices
from tests.factories import AttemptFactory, alder, birch, reference_data
from tests.integration.gateway_project.api.people import call, code_of, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MANY = """
INSERT INTO metering_usagelog (id, reservation_id, attempt, tenant_id, task, request_id, request_model, response_model,
    model_class, provider_name, input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens,
    api_calls, files, steps, cost_nano_usd, latency_ms, outcome, estimated, started_at, recorded_at, conversation_id)
SELECT id, id, 1, %s, 'LLM0_CHAT', 'request', 'm', 'm', 'BASE_S', 'sandbox', 1, 1, 0, 0, 0, 0, 0, 0, 1, 1,
    'ok', false, now(), now(), 'conversation-' || n FROM unnest(%s::uuid[]) WITH ORDINALITY AS new (id, n)
"""


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    reference_data()
    yield
    close_database_threads()


def exported(who: User, query: str) -> list[dict[str, str]]:
    response = call("GET", f"usage/export?{query}", who=who)
    assert response.status_code == 200, response.content
    assert response["content-type"] == "text/csv; charset=utf-8"

    async def parts() -> list[bytes]:
        return [part async for part in response]

    return list(csv.DictReader(io.StringIO(b"".join(async_to_sync(parts)()).decode(), newline="")))


def test_the_report_as_a_file_has_the_rows_of_the_page() -> None:
    admin = person(role=User.Role.TENANT_ADMIN)
    for agent in ("=1+1", "helper"):
        AttemptFactory(agent_id=agent, cost_nano_usd=5)
    AttemptFactory(tenant_id=birch().pk, agent_id="stranger")
    rows = exported(admin, "by=agent")
    assert [(row["agent"], row["tenant"], row["cost_usd"]) for row in rows] == [
        ("'=1+1", "alder", "0.000000005"),
        ("helper", "alder", "0.000000005"),
    ]
    page = call("GET", "usage?by=agent", who=admin).json()["results"]
    assert [row["input_tokens"] for row in rows] == [str(row["input_tokens"]) for row in page]


@pytest.mark.parametrize("by", ["attempt", "conversation"])
def test_every_row_comes_once_however_many_pages_there_are(by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PAGE", 3)
    me = person()
    for number in range(7):
        AttemptFactory(user_id=me.pk, conversation_id=f"c-{number}")
    AttemptFactory(conversation_id="somebody else's")
    assert [row["conversation"] for row in exported(me, f"by={by}")] == [f"c-{number}" for number in range(7)]


def test_a_file_of_attempts_bears_their_marks() -> None:
    me = person()
    marks = {"partly_priced": True, "own_key": True, "service_tier": "=flex", "reported": '{"a": "b,\n"}'}
    AttemptFactory(user_id=me.pk, estimated=True, estimate_reason="impossible", **marks)
    AttemptFactory(user_id=me.pk)
    marked, plain = exported(me, "by=attempt")
    assert (marked["estimate_reason"], marked["partly_priced"], marked["own_key"]) == (
        "impossible",
        "True",
        "True",
    )
    assert (marked["service_tier"], marked["reported"]) == ("'=flex", '{"a": "b,\n"}')
    assert (plain["estimate_reason"], plain["partly_priced"], plain["service_tier"]) == ("", "False", "")
    assert [(row["partly_priced"], row["own_key"]) for row in exported(me, "by=model")] == [("1", "1")]


def test_a_wrong_question_is_refused_before_the_file_begins() -> None:
    assert code_of(call("GET", "usage/export?by=colour", who=person())) == (400, "invalid_request")


@pytest.mark.parametrize("by", ["attempt", "conversation"])
def test_ten_times_the_rows_take_no_more_memory(by: str) -> None:
    chosen = UsageFilter(tenant=alder())

    def lines() -> Any:
        if by == "attempt":
            return export._attempts(chosen, export.attempts_page(chosen, limit=export.PAGE))
        sums = export._Sums(chosen=chosen, by=by, prices=Prices.THEN, now=now())
        return export._groups(sums, sums.page(after=None))

    def read() -> tuple[int, int]:
        """Lines, and the peak of memory while they were read."""

        async def count(parts: Any) -> int:
            async with aclosing(parts):
                return sum([part.count("\r\n") async for part in parts])

        tracemalloc.start()
        try:
            return async_to_sync(count)(lines()), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    def add(rows: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(MANY, [alder().pk, [uuid7() for _ in range(rows)]])
            cursor.execute("ANALYZE metering_usagelog")

    add(1_000)
    first_lines, first_peak = read()
    add(9_000)
    lines_in_all, peak = read()
    assert (first_lines, lines_in_all > 9_000) == (1_001, True)
    assert peak < 2 * first_peak
