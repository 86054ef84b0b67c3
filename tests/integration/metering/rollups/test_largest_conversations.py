"""The largest conversations are found without adding all up: they are those that adding all up finds, to the last
digit.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from metering.models import RolledUnit, Tenant, UsageRollup
from metering.reports.metrics import METRICS
from metering.reports.sums import ORDER, Sum, names_of, sums_by, sums_of_largest
from metering.rollups.levels import ANY_ZONE, Level
from metering.rollups.roll_up import roll_up_usage
from metering.usage.filters import UsageFilter
from tests.factories import reference_data
from tests.integration.metering.ledger.conftest import empty
from tests.integration.metering.ledger.months import partitions_of
from tests.integration.metering.rollups.histories import (
    ALDER,
    MONTHS,
    Call,
    History,
    history,
    tenants,
    write,
)
from tests.properties import thorough

SORTED = [name for name in METRICS if name != "denials"]
HOUR = 60
ATTEMPT = {
    "request_model": "small",
    "provider_name": "sandbox",
    "outcome": "ok",
    "cost_nano_usd": 7,
    "input_tokens": 1,
    "cached_input_tokens": 0,
    "estimated": False,
    "own_key": False,
    "output_tokens": 1,
    "latency_ms": 5,
}


@pytest.fixture(autouse=True)
def months(database: psycopg.Connection) -> Iterator[None]:
    with ExitStack() as stack:
        for month in MONTHS:
            stack.enter_context(partitions_of(database, month))
        yield


def all_up(chosen: UsageFilter, metric: str) -> list[Sum]:
    """Every conversation, the largest first, as the report adds them up that leaves none out."""
    return sums_by(chosen, by=("conversation",), metric=metric, limit=1_000).groups


def ordered(chosen: UsageFilter, metric: str, limit: int) -> list[tuple[Any, list[int]]]:
    """What the largest are ordered by."""
    asked: dict[str, Any] = {"metric": metric, "limit": limit, "names": names_of(metric)}
    groups = sums_by(chosen, by=("conversation",), is_of_largest=True, **asked).groups
    return [(each.keys, sums(each, metric)) for each in groups]


def sums(each: Sum, metric: str) -> list[int]:
    return [each.figures[name] for name in names_of(metric)]


@pytest.mark.django_db(transaction=True)
def test_the_largest_are_those_of_all(conninfo: str) -> None:
    seen: set[bool] = set()

    @thorough(5)
    @given(
        history=history,
        ends=st.tuples(st.integers(0, 3_000), st.integers(3_000, 6_000)),
        lost=st.lists(st.integers(0, 400), max_size=5),
        metric=st.sampled_from(SORTED),
        limit=st.integers(1, 6),
    )
    def check(history: History, ends: tuple[int, int], lost: list[int], metric: str, limit: int) -> None:
        empty(conninfo)
        reference_data()
        alder, _ = tenants(history.zone)
        write(history, late=False)
        roll_up_usage(conninfo, history.now - timedelta(days=1))
        roll_up_usage(conninfo, history.now)
        write(history, late=True)
        units = list(RolledUnit.objects.order_by("id").values_list("pk", flat=True))
        RolledUnit.objects.filter(pk__in=[units[place] for place in lost if place < len(units)]).delete()
        agree(history, alder, ends, metric, limit)
        roll_up_usage(conninfo, history.now)
        agree(history, alder, ends, metric, limit)
        level = UsageRollup.objects.filter(level=Level.ALL_CONVERSATIONS, conversation_id__isnull=False)
        seen.update(level.values_list("alone", flat=True))

    def agree(history: History, alder: Tenant, ends: tuple[int, int], metric: str, limit: int) -> None:
        since, until = (history.first + timedelta(minutes=minutes) for minutes in ends)
        for tenant in (alder, None):
            chosen = UsageFilter(tenant=tenant, since=since, until=until)
            found = sums_of_largest(chosen, by="conversation", metric=metric, limit=limit).groups
            largest = all_up(chosen, metric)[:limit]
            assert found == largest, (tenant, metric)
            assert ordered(chosen, metric, limit) == [(each.keys, sums(each, metric)) for each in largest]

    check()
    assert seen == {True, False}


def call(minutes: int, *, late: bool = False) -> Call:
    labels: dict[str, Any] = {"conversation_id": "a", "task": "LLM0_CHAT", "model_class": "BASE_S"}
    return Call(
        tenant_id=ALDER, minutes=minutes, labels=labels, attempts=[ATTEMPT], corrections=[], late=late
    )


def alone(zone: str) -> list[bool]:
    rows = UsageRollup.objects.filter(level=Level.ALL_CONVERSATIONS, zone=zone).order_by("starts_at")
    return list(rows.values_list("alone", flat=True))


@pytest.mark.django_db(transaction=True)
class TestAlone:
    def rolled(self, conninfo: str, *calls: Call) -> History:
        reference_data()
        found = History(zone="UTC", calls=list(calls))
        tenants(found.zone)
        write(found, late=False)
        roll_up_usage(conninfo, found.now)
        return found

    def test_a_conversation_of_a_quarter_is_in_one_unit_only(self, conninfo: str) -> None:
        self.rolled(conninfo, call(HOUR), call(HOUR + 5))
        assert (alone(ANY_ZONE), alone("UTC")) == ([True], [True])

    def test_one_of_a_day_is_in_several_quarters(self, conninfo: str) -> None:
        self.rolled(conninfo, call(HOUR), call(3 * HOUR))
        assert (alone(ANY_ZONE), alone("UTC")) == ([False, False], [True])

    def test_one_of_two_days_is_in_both(self, conninfo: str) -> None:
        self.rolled(conninfo, call(HOUR), call(30 * HOUR))
        assert (alone(ANY_ZONE), alone("UTC")) == ([False, False], [False, False])

    def test_it_is_no_longer_alone_when_it_goes_on(self, conninfo: str) -> None:
        history = self.rolled(conninfo, call(HOUR), call(30 * HOUR, late=True))
        assert alone("UTC") == [True]
        write(history, late=True)
        roll_up_usage(conninfo, history.now)
        assert alone("UTC") == [False, False]

    def test_a_line_that_comes_late_is_added_to_what_units_have(self, conninfo: str) -> None:
        history = self.rolled(conninfo, call(HOUR), call(30 * HOUR, late=True))
        write(history, late=True)
        chosen = UsageFilter(since=history.first, until=history.now)
        assert [costs for _, costs in ordered(chosen, "cost", 5)] == [[14]]

    def test_a_day_knows_of_later_quarters_whose_day_is_not_over(self, conninfo: str) -> None:
        self.rolled(conninfo, call(HOUR), call(4 * 24 * HOUR + HOUR))
        assert alone("UTC") == [False]


def test_every_order_is_of_sums_that_are_read() -> None:
    for metric in SORTED:
        words = ORDER.get(metric, metric).replace("+", " ").split()
        assert set(words) <= {*names_of(metric), "requests"}, metric


def test_the_indexes_are_of_the_level_that_marks_them() -> None:
    found = {index.name: index for index in UsageRollup._meta.indexes}
    for name in ("rollup_largest", "rollup_tenant_largest"):
        assert found[name].condition == Q(level=Level.ALL_CONVERSATIONS.value)
