"""The log of calls and refusals: one line for each, newest first, still while it grows."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metering.activity.asked import Asked
from metering.activity.line import LogLine
from metering.activity.log import activity_page
from metering.activity.status import Status
from metering.ids import derived_id
from metering.models import LedgerEntry, UsageLog
from metering.types import ReservationState
from tests.factories import alder, birch
from tests.integration.metering.activity.calls import NOON, SECOND, asked, call, held, refusal

pytestmark = pytest.mark.django_db
TALK = {"conversation_id": "talk", "tags": ["cost=1", "project=apollo"]}


def lines(question: Asked | None = None, **fields: Any) -> list[LogLine]:
    return activity_page(question or asked(**fields), limit=50).lines


def statuses(**fields: Any) -> list[Status]:
    return [line.status for line in lines(**fields)]


def test_a_call_is_one_line_whatever_its_attempts() -> None:
    id_ = call("error", "timeout", "ok", cost_nano_usd=27_000)
    [line] = lines()
    assert (line.id, line.status, line.attempts, line.at) == (id_, Status.ANSWERED, 3, NOON)
    assert line.took_ms == 2_150


def test_calls_and_refusals_stand_in_the_order_of_their_time() -> None:
    first, second = call(at=NOON), refusal(at=NOON + SECOND)
    third = held(at=NOON + 2 * SECOND, cost_nano_usd=5)
    fourth = held(at=NOON + 3 * SECOND, state=ReservationState.RELEASED)
    assert [line.id for line in lines()] == [fourth, third, second.pk, first]
    assert statuses() == [Status.NOT_SENT, Status.IN_FLIGHT, Status.REFUSED, Status.ANSWERED]


def test_pages_hold_still_while_calls_are_made() -> None:
    made = [call(at=NOON + number * SECOND) for number in range(5)]
    first = activity_page(asked(), limit=2)
    call(at=NOON + timedelta(minutes=1))
    second = activity_page(asked(), limit=2, before=first.next)
    third = activity_page(asked(), limit=2, before=second.next)
    assert [line.id for page in (first, second, third) for line in page.lines] == made[::-1]
    assert third.next is None


def test_the_last_attempt_says_how_it_went() -> None:
    for number, outcome in enumerate(("ok", "cached", "error", "timeout", "cut", "cancelled", "provisional")):
        call(outcome, at=NOON - number * SECOND)
    assert statuses() == ["answered", "cached", "failed", "failed", "cut", "cancelled", "expired"]


def test_the_cost_is_that_of_all_attempts_and_corrections() -> None:
    id_ = call("cut", "ok", cost_nano_usd=100)
    LedgerEntry.objects.create(
        id=derived_id(id_, 2), reservation_id=id_, tenant_id=alder().pk, kind=5, recorded_at=NOON,
        meter_ids=[], charges=[], cost_nano_usd=-50,
    )  # fmt: skip
    [line] = lines()
    assert line.cost_nano_usd == 150


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"status": Status.ANSWERED}, ["dear"]),
        ({"status": Status.FAILED}, ["failed"]),
        ({"status": Status.IN_FLIGHT}, ["held"]),
        ({"status": Status.REFUSED}, ["refused"]),
        ({"status": Status.NOT_SENT}, []),
        ({"model": "other"}, ["failed", "dear"]),
        ({"provider": "elsewhere"}, ["dear"]),
        ({"cost_from_nano_usd": 1_000_000}, ["dear"]),
        ({"slower_than_ms": 900}, ["dear"]),
        ({"only": (("conversation_id", "talk"),)}, ["failed"]),
        ({"only": (("tags", "project=apollo"),)}, ["failed"]),
        ({"only": (("feature", "nothing"),)}, []),
        ({"only": (("task", "LLM0_CHAT"),)}, ["refused", "held", "failed", "dear"]),
    ],
    ids=str,
)
def test_each_filter_finds_its_lines(fields: dict[str, Any], found: list[str]) -> None:
    names = {
        call("error", "ok", cost_nano_usd=10**6, request_model="other", provider_name="elsewhere"): "dear",
        call("error", at=NOON + SECOND, request_model="other", latency_ms=900, **TALK): "failed",
        held(at=NOON + 2 * SECOND): "held",
        refusal(at=NOON + 3 * SECOND).pk: "refused",
    }
    assert [names[line.id] for line in lines(**fields)] == found


def test_a_model_that_failed_on_the_way_finds_the_call() -> None:
    id_ = call("error", "ok")
    UsageLog.objects.filter(attempt=1).update(request_model="first-choice")
    assert [line.id for line in lines(model="first-choice")] == [id_]


def test_a_tenant_sees_its_own() -> None:
    call()
    call(at=NOON + SECOND, tenant_id=birch().pk)
    refusal(at=NOON + 2 * SECOND, tenant_id=birch().pk)
    held(at=NOON + 3 * SECOND, tenant_id=birch().pk)
    assert {line.tenant_id for line in lines(tenant=alder())} == {alder().pk}
    assert len(lines(tenant=birch())) == 3


def test_a_page_takes_the_same_queries_however_long_it_is() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            lines()
        return len([query for query in captured if "metering_" in query["sql"]])

    call()
    refusal()
    few = queries()
    for number in range(20):
        call("error", "ok", at=NOON + number * SECOND)
        refusal(at=NOON + number * SECOND, rule=f"rule {number}")
    assert queries() == few == 6
