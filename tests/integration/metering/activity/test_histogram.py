"""The bars above the log, and its sums: exactly the log's lines, counted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metering.activity.asked import Asked
from metering.activity.histogram import histogram
from metering.activity.log import activity_page
from metering.activity.status import Status
from metering.ids import derived_id
from metering.models import LedgerEntry, RollupProgress
from tests.factories import alder
from tests.integration.metering.activity.calls import NOON, SECOND, asked, call, held, refusal

pytestmark = pytest.mark.django_db


def test_calls_are_counted_once_by_how_they_ended() -> None:
    call("error", "timeout", "ok")
    call("error", at=NOON + SECOND)
    refusal(at=NOON + 2 * SECOND, count=7)
    found = histogram(asked(), zone="UTC")
    assert found.of(Status.ANSWERED) == found.of(Status.FAILED) == 1
    assert found.of(Status.REFUSED) == 7


def test_a_bar_leads_to_its_lines() -> None:
    for minutes in (0, 29, 30, 61, 300):
        call(at=NOON + timedelta(minutes=minutes))
    bars = [bar for bar in histogram(asked(), zone="UTC").bars if bar.calls]
    assert [bar.of(Status.ANSWERED) for bar in bars] == [2, 1, 1, 1]
    for bar in bars:
        inside = activity_page(Asked(since=bar.since, until=bar.until), limit=50).lines
        assert len(inside) == bar.of(Status.ANSWERED)


def test_the_sum_is_the_ledgers_with_corrections() -> None:
    id_ = call("cut", "ok", cost_nano_usd=100)
    held(at=NOON, cost_nano_usd=30)
    LedgerEntry.objects.create(
        id=derived_id(id_, 2), reservation_id=id_, tenant_id=alder().pk, kind=5, recorded_at=NOON,
        meter_ids=[], charges=[], cost_nano_usd=-50,
    )  # fmt: skip
    found = histogram(asked(), zone="UTC")
    assert (found.cost_nano_usd, found.held_nano_usd, found.in_flight) == (150, 30, 1)


@pytest.mark.parametrize(
    "fields",
    [{"status": Status.FAILED}, {"model": "other"}, {"cost_from_nano_usd": 50}, {"slower_than_ms": 1_500}],
    ids=str,
)
def test_filters_count_what_they_list(fields: dict[str, Any]) -> None:
    call("error", "ok", cost_nano_usd=100)
    call("error", at=NOON + SECOND, request_model="other", latency_ms=2_000, cost_nano_usd=0)
    question = asked(**fields)
    found = histogram(question, zone="UTC")
    assert found.of(*Status) == len(activity_page(question, limit=50).lines) == 1


def test_days_begin_in_the_zone_also_when_the_clocks_change() -> None:
    question = Asked(
        since=datetime(2026, 10, 9, 22, tzinfo=UTC), until=datetime(2026, 11, 29, 23, tzinfo=UTC)
    )
    bars = histogram(question, zone="Europe/Berlin").bars
    assert {(bar.until - bar.since) for bar in bars} == {timedelta(hours=24), timedelta(hours=25)}
    assert bars[-1].since == datetime(2026, 11, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize("days", [1, 20], ids=["of hours", "of days"])
def test_of_very_many_calls_sums_are_shown(days: int) -> None:
    call("error", "ok", cost_nano_usd=100)
    call(at=NOON + timedelta(hours=1), cost_nano_usd=11)
    call("cached", at=NOON + timedelta(hours=1), cost_nano_usd=0, input_tokens=0, output_tokens=0)
    refusal(at=NOON + SECOND, count=7)
    RollupProgress.objects.create(id=1, seen_until=NOON - timedelta(days=60))
    question = Asked(since=NOON - timedelta(days=days), until=NOON + timedelta(hours=6))
    counted, summed = histogram(question, zone="UTC"), histogram(question, zone="UTC", most=0)
    assert (counted.is_of_sums, summed.is_of_sums) == (False, True)
    assert summed.cost_nano_usd == counted.cost_nano_usd == 211
    for status, times in {Status.ANSWERED: 2, Status.CACHED: 1, Status.FAILED: 1, Status.REFUSED: 7}.items():
        assert summed.of(status) == times, status
    [first, *_] = [bar for bar in summed.bars if bar.calls]
    assert first.since <= NOON < first.until
