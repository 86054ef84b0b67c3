"""Groups come a page at a time, each once, in order, those without a name last; or the dearest first."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils.timezone import now

from metering.ids import derived_id
from metering.models import LedgerEntry
from metering.types import EntryKind
from metering.usage.filters import UsageFilter
from metering.usage.groups import GROUPS
from metering.usage.summary import summary_page
from tests.factories import AttemptFactory, ReservationFactory, alder, birch, id_at

pytestmark = pytest.mark.django_db
COLUMNS: dict[str, tuple[str, list[Any]]] = {
    "model": ("request_model", ["a", "b", "c"]),
    "provider": ("provider_name", ["a", "b", "c"]),
    "task": ("task", ["a", "b", "c"]),
    "team": ("team_id", [uuid4(), uuid4(), None]),
    "user": ("user_id", [uuid4(), uuid4(), None]),
    "token": ("token_id", [uuid4(), uuid4(), None]),
    "agent": ("agent_id", ["a", "b", None]),
    "conversation": ("conversation_id", ["a", "b", None]),
}


def all_pages(by: str, *, limit: int, **chosen: Any) -> list[dict[str, Any]]:
    rows, after = [], None
    while True:
        page = summary_page(UsageFilter(**chosen), by=by, limit=limit, after=after)
        assert len(page.rows) <= limit
        rows += page.rows
        after = page.next
        if after is None:
            return rows


@pytest.mark.parametrize("by", COLUMNS)
def test_pages_of_any_size_make_up_the_whole(by: str) -> None:
    column, values = COLUMNS[by]
    for tenant in (alder(), birch()):
        for value in values:
            AttemptFactory(tenant_id=tenant.pk, **{column: value})
    whole = summary_page(UsageFilter(), by=by, limit=100)
    assert whole.next is None
    assert len(whole.rows) == (6 if by in {"team", "user", "token", "agent", "conversation"} else 3)
    for limit in (1, 2, 4):
        assert all_pages(by, limit=limit) == whole.rows
    assert sum(row["attempts"] for row in all_pages(by, limit=1, tenant=alder())) == 3


def test_days_and_tenants_page_as_well() -> None:
    for tenant in (alder(), birch()):
        AttemptFactory(tenant_id=tenant.pk)
    for by, groups in (("day", 1), ("tenant", 2)):
        assert len(all_pages(by, limit=1)) == groups
    assert {row["tenant"] for row in all_pages("tenant", limit=1)} == {"alder", "birch"}


def test_the_dearest_come_first_and_no_page_follows() -> None:
    for agent, cost in (("cheap", 1), ("dear", 30), ("middling", 20)):
        AttemptFactory(agent_id=agent, cost_nano_usd=cost)
    page = summary_page(UsageFilter(), by="agent", limit=2, dearest_first=True)
    assert [row["agent"] for row in page.rows] == ["dear", "middling"]
    assert page.next is None


class TestCorrections:
    @staticmethod
    def correct(reservation: Any, **facts: int) -> None:
        amounts = dict.fromkeys(
            ("requests", "input_tokens", "output_tokens", "api_calls", "files", "steps"), 0
        )
        LedgerEntry.objects.create(
            id=derived_id(reservation, 2),
            reservation_id=reservation,
            tenant_id=alder().pk,
            kind=EntryKind.ADJUST,
            recorded_at=now(),
            meter_ids=[],
            charges=[],
            reason="by hand",
            **{**amounts, "cost_nano_usd": 0, **facts},
        )

    @pytest.mark.parametrize("by", GROUPS)
    def test_they_count_where_the_call_did(self, by: str) -> None:
        column, values = COLUMNS.get(by, ("task", ["LLM0_CHAT"]))
        attempt = AttemptFactory(**{column: values[0]}, cost_nano_usd=100, output_tokens=9)
        self.correct(attempt.reservation_id, cost_nano_usd=-40, output_tokens=-4)
        [row] = summary_page(UsageFilter(tenant=alder()), by=by, limit=9).rows
        assert (row["requests"], row["attempts"], row["corrections"]) == (1, 1, 1)
        assert (row["cost_nano_usd"], row["output_tokens"], row["cost_usd"]) == (60, 5, "0.00000006")

    def test_without_an_attempt_the_reservation_says_whose_they_are(self) -> None:
        reservation = ReservationFactory(state=2, agent_id="a")
        self.correct(reservation.pk, cost_nano_usd=7)
        [row] = summary_page(UsageFilter(), by="agent", limit=9).rows
        assert (row["agent"], row["cost_nano_usd"], row["requests"]) == ("a", 7, 0)

    def test_of_which_nothing_is_left_they_still_count(self) -> None:
        self.correct(id_at(now()), cost_nano_usd=7)
        for by in GROUPS:
            [row] = summary_page(UsageFilter(), by=by, limit=9).rows
            assert row["cost_nano_usd"] == 7

    def test_a_filter_meets_them_too(self) -> None:
        for agent in ("a", "b"):
            attempt = AttemptFactory(agent_id=agent, cost_nano_usd=0)
            self.correct(attempt.reservation_id, cost_nano_usd=5)
        [row] = summary_page(UsageFilter(only=(("agent_id", "a"),)), by="agent", limit=9).rows
        assert (row["agent"], row["cost_nano_usd"]) == ("a", 5)
