"""Whatever is in the history, whatever is rolled up and whatever came late: reports say what the summary says."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.models import RolledUnit, Tenant, UsageRollup
from metering.reports.buckets import Bucket
from metering.reports.explore import explore
from metering.reports.figures import NAMES
from metering.reports.groupings import GROUPINGS
from metering.reports.sums import sums_by
from metering.rollups.roll_up import roll_up_usage
from metering.usage.filters import UsageFilter
from metering.usage.summary import usage_summary
from tests.factories import reference_data
from tests.integration.metering.ledger.conftest import empty
from tests.integration.metering.ledger.months import partitions_of
from tests.integration.metering.rollups.histories import (
    ALDER,
    BIRCH,
    MONTHS,
    PEOPLE,
    TOKENS,
    History,
    history,
    tenants,
    write,
)
from tests.properties import thorough

SAID = tuple(name for name in NAMES if name not in ("answered", "failed", "latencies", "estimated_nano_usd"))
"""What the summary says as well."""
ONLY: list[tuple[tuple[str, Any], ...]] = [
    (),
    (("request_model", "small"),),
    (("provider_name", "sandbox"), ("task", "LLM0_CHAT")),
    (("user_id", PEOPLE[0]), ("token_id", TOKENS[0])),
    (("tags", "project=apollo"),),
    (("feature", "chat"), ("model_class", "PRO_L")),
    (("conversation_id", "a"), ("request_model", "large")),
]


@pytest.fixture(autouse=True)
def months(database: psycopg.Connection) -> Iterator[None]:
    with ExitStack() as stack:
        for month in MONTHS:
            stack.enter_context(partitions_of(database, month))
        yield


def summary(chosen: UsageFilter, by: str) -> dict[Any, tuple[int, ...]]:
    slugs = {"alder": str(ALDER), "birch": str(BIRCH)}
    found: dict[Any, tuple[int, ...]] = {}
    for row in usage_summary(chosen, by=by):
        value = row[by]
        if by == "tenant":
            value = slugs[value]
        figures = tuple(row[name] for name in SAID)
        owner = None if by == "tenant" else slugs.get(row.get("tenant", ""))
        found[value if by == "day" or value is None else str(value), owner] = figures
    return found


def reported(chosen: UsageFilter, by: str) -> dict[Any, tuple[int, ...]]:
    found = {}
    for each in sums_by(chosen, by=(by,)).groups:
        owner = each.keys[0].tenant_id
        found[each.keys[0].value, None if owner is None else str(owner)] = tuple(
            each.figures[n] for n in SAID
        )
    return found


def by_hour(chosen: UsageFilter) -> dict[Any, Any]:
    """The hours that have any usage."""
    found = explore(chosen, bucket=Bucket.HOUR, group="task", now=chosen.both_ends[1], with_before=False)
    sums = [sum(values) for values in zip(*(each.values for each in found.series), strict=True)]
    return {moment: cost for moment, cost in zip(found.buckets, sums, strict=False) if cost}


def by_day(chosen: UsageFilter) -> dict[Any, tuple[int, ...]]:
    found = sums_by(chosen, bucket=Bucket.DAY).groups
    return {(each.bucket, None): tuple(each.figures[name] for name in SAID) for each in found}


@pytest.mark.django_db(transaction=True)
def test_reports_equal_the_summary(conninfo: str) -> None:
    read_rollups = []

    @thorough(5)
    @given(
        history=history,
        only=st.sampled_from(ONLY),
        cut=st.tuples(st.integers(0, 2_000), st.integers(2_000, 6_000)),
        lost=st.lists(st.integers(0, 400), max_size=5),
    )
    def check(history: History, only: Any, cut: tuple[int, int], lost: list[int]) -> None:
        empty(conninfo)
        reference_data()
        alder, _ = tenants(history.zone)
        write(history, late=False)
        roll_up_usage(conninfo, history.now)
        write(history, late=True)
        units = list(RolledUnit.objects.order_by("id").values_list("pk", flat=True))
        RolledUnit.objects.filter(pk__in=[units[place] for place in lost if place < len(units)]).delete()
        read_rollups.append(UsageRollup.objects.exists())
        ends = [history.first + timedelta(minutes=minutes, seconds=17) for minutes in cut]
        whole = [history.first - timedelta(days=1), history.now + timedelta(days=1)]
        for tenant, (since, until) in ((alder, whole), (alder, ends), (None, whole)):
            agree(tenant, UsageFilter(tenant=tenant, since=since, until=until, only=only))
        agree_by_hour(UsageFilter(since=whole[0], until=whole[1], only=only))

    def agree_by_hour(chosen: UsageFilter) -> None:
        """Each hour of a chart is what the summary says of that hour."""
        for moment, cost in by_hour(chosen).items():
            hour = replace(chosen, since=moment, until=moment + timedelta(hours=1))
            assert cost == sum(row["cost_nano_usd"] for row in usage_summary(hour, by="task")), moment

    def agree(tenant: Tenant | None, chosen: UsageFilter) -> None:
        for by in GROUPINGS:
            assert reported(chosen, by) == summary(chosen, by), (by, tenant)
        days = summary(chosen, "day")
        assert by_day(chosen) == days
        counted = [name for name in SAID if name != "requests" or not chosen.only]
        total = sums_by(chosen, by=("provider",)).total
        for place, name in enumerate(SAID):
            if name in counted:
                assert total[name] == sum(day[place] for day in days.values()), name

    check()
    assert any(read_rollups)
