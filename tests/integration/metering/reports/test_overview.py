"""The overview's figures are the summary's, of days in the tenant's zone."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import now as clock

from metering.models import Tenant
from metering.reports import overview
from metering.reports.before import period_before, same_days_before
from metering.reports.buckets import Bucket, bucket_of
from metering.reports.explore import explore
from metering.usage.budget_status import budget_status
from metering.usage.filters import UsageFilter
from metering.usage.prices import Prices
from metering.usage.summary import usage_summary
from tests.factories import (
    AttemptFactory,
    BudgetFactory,
    ModelFactory,
    PriceFactory,
    UserFactory,
    alder,
    birch,
)

pytestmark = pytest.mark.django_db
NOON = clock().replace(hour=12, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


@pytest.fixture
def tenant() -> Tenant:
    found = alder()
    found.timezone = "Asia/Kolkata"  # where UTC's noon is 17:30
    found.save()
    return found


def call(**facts: Any) -> None:
    AttemptFactory(**{"at": NOON, "cost_nano_usd": 1_000_000_000, **facts})


class TestSpendings:
    def test_today_this_week_and_this_month_are_the_tenants(self, tenant: Tenant) -> None:
        call(at=NOON)
        call(at=NOON - timedelta(hours=17, minutes=29))  # 00:01 in Kolkata
        call(at=NOON - timedelta(hours=17, minutes=31))  # 23:59 of yesterday
        call(tenant_id=birch().pk)
        found = overview.spendings(UsageFilter(tenant=tenant), now=NOON + timedelta(hours=1))
        assert found.today.now.cost_nano_usd == 2_000_000_000
        assert found.today.now.requests == 2
        for each in (found.today, found.week, found.month):
            [row] = usage_summary(each.chosen, by="task")
            assert (row["cost_nano_usd"], row["requests"]) == (each.now.cost_nano_usd, each.now.requests)

    def test_the_day_before_is_compared_up_to_the_same_time(self, tenant: Tenant) -> None:
        call(at=NOON - DAY)
        call(at=NOON - DAY + timedelta(hours=2))
        found = overview.spendings(UsageFilter(tenant=tenant), now=NOON + timedelta(hours=1))
        assert found.today.before.cost_nano_usd == 1_000_000_000

    def test_the_week_is_of_the_day_on_which_the_tenants_weeks_start(self, tenant: Tenant) -> None:
        tenant.week_start = (NOON + DAY).weekday()
        tenant.save()
        call(at=NOON - 6 * DAY)
        call(at=NOON - 7 * DAY)
        budget = BudgetFactory(tenant=tenant, dimension="cost", window="week", amount=5_000_000_000)
        found = overview.spendings(UsageFilter(tenant=tenant), now=NOON + timedelta(hours=1)).week
        [status] = [each for each in budget_status(now=NOON, tenant=tenant) if each.limit.row == budget]
        assert (found.chosen.since, found.chosen.until) == (status.window_start, status.reset_at)
        assert found.now.cost_nano_usd == 1_000_000_000
        assert found.first == (NOON - 6 * DAY).date()
        assert found.before.cost_nano_usd == 1_000_000_000


class TestHealth:
    def test_error_rate_latency_and_refusals(self, tenant: Tenant) -> None:
        for milliseconds in (100, 100, 4_000):
            call(latency_ms=milliseconds)
        call(outcome="error", cost_nano_usd=0, input_tokens=0, output_tokens=0)
        call(outcome="cached", cost_nano_usd=0, input_tokens=0, output_tokens=0)
        chosen = overview.days(UsageFilter(tenant=tenant), now=NOON)
        found = overview.health(chosen, now=NOON)
        assert found.figures.error_rate == Decimal("0.25")
        assert 3_000 < (found.figures.latency_ms(95) or 0) < 5_000
        assert 90 < (found.figures.latency_ms(50) or 0) < 130
        assert (found.refusals.count, found.refusals.calls) == (0, 4)


def test_the_dearest_have_names_and_shares(tenant: Tenant) -> None:
    ann = UserFactory(email="ann@alder.example")
    call(user_id=ann.pk, cost_nano_usd=3_000_000_000)
    call()
    chosen = overview.days(UsageFilter(tenant=tenant), now=NOON)
    assert [(each.name, each.share) for each in overview.top(chosen, by="user")] == [
        ("ann@alder.example", Decimal("0.75")),
        ("none", Decimal("0.25")),
    ]


def test_caches_tell_what_prompts_and_answers_saved_apart(tenant: Tenant) -> None:
    PriceFactory(
        model=ModelFactory(name="m"), effective_from=NOON - 10 * DAY, input=2, cached_input=Decimal("0.5")
    )
    call(request_model="m", input_tokens=1_000, cached_input_tokens=400)
    call(outcome="cached", list_cost_nano_usd=7, cost_nano_usd=0, input_tokens=0, output_tokens=0)
    found = overview.caches(overview.days(UsageFilter(tenant=tenant), now=NOON), now=NOON)
    assert found.hit_rate == Decimal("0.4")
    assert found.prompt_saved_nano_usd == 400 * 1_500
    assert (found.answers, found.answer_saved_nano_usd) == (1, 7)


class TestExplore:
    def test_groups_series_and_total_agree(self, tenant: Tenant) -> None:
        for days_ago in range(3):
            for model in ("a", "a", "b"):
                call(at=NOON - days_ago * DAY, request_model=model)
        found = overview.cost_of_30_days(UsageFilter(tenant=tenant), by="model", now=NOON)
        assert [(group.name, group.figures.cost_nano_usd) for group in found.groups] == [
            ("a", 6_000_000_000),
            ("b", 3_000_000_000),
        ]
        assert len(found.buckets) == 30
        assert [sum(values) for values in zip(*(each.values for each in found.series), strict=True)][-4:] == [
            0, *[3_000_000_000] * 3,
        ]  # fmt: skip
        assert found.others is None

    def test_more_groups_than_are_charted_are_others(self, tenant: Tenant) -> None:
        for number in range(9):
            call(request_model=f"m{number}")
        found = overview.cost_of_30_days(UsageFilter(tenant=tenant), by="model", now=NOON)
        assert [each.name for each in found.series] == [*(f"m{number}" for number in range(6)), "others"]
        assert found.series[-1].values[-1] == 3_000_000_000

    def test_subgroups_are_their_groups_parts(self, tenant: Tenant) -> None:
        ann = UserFactory(email="ann@alder.example")
        call(user_id=ann.pk)
        call(at=NOON - DAY)
        chosen = overview.days(UsageFilter(tenant=tenant), now=NOON, count=2)
        [group] = explore(chosen, group="model", subgroup="user", now=NOON).groups
        assert [(part.name, part.figures.requests) for part in group.subgroups] == [
            ("ann@alder.example", 1), ("none", 1),
        ]  # fmt: skip

    def test_hours_of_a_day(self, tenant: Tenant) -> None:
        call()
        chosen = overview.days(UsageFilter(tenant=tenant), now=NOON)
        found = explore(chosen, bucket=Bucket.HOUR, now=NOON)
        assert len(found.buckets) == 24
        assert found.series[0].values[17] == 1_000_000_000

    def test_a_latency_is_charted_for_everything_together(self, tenant: Tenant) -> None:
        call(latency_ms=1_000)
        call(request_model="b", latency_ms=1_000)
        chosen = overview.days(UsageFilter(tenant=tenant), now=NOON, count=2)
        found = explore(chosen, metric="latency", now=NOON)
        assert [each.name for each in found.series] == ["all"]
        assert found.series[0].values[0] is None
        assert 900 < found.series[0].values[1] < 1_200

    def test_todays_prices_are_the_summarys(self, tenant: Tenant) -> None:
        model = ModelFactory(name="m")
        PriceFactory(model=model, effective_from=NOON - 10 * DAY)
        call(
            at=NOON - 2 * DAY, request_model="m", input_tokens=1_000, output_tokens=0, cost_nano_usd=1_000_000
        )
        call(at=NOON - 2 * DAY, request_model="other")
        PriceFactory(model=model, effective_from=NOON - DAY, input=3, output=3)
        chosen = overview.days(UsageFilter(tenant=tenant), now=NOON, count=5)
        found = explore(chosen, now=NOON)
        said = {row["model"]: row for row in usage_summary(chosen, by="model", prices=Prices.NOW, now=NOON)}
        assert said["m"]["cost_nano_usd"] == 3_000_000
        assert {group.name: group.cost_now_nano_usd for group in found.groups} == {
            name: row["cost_nano_usd"] for name, row in said.items()
        }
        assert found.cost_now_nano_usd == sum(row["cost_nano_usd"] for row in said.values())


@pytest.mark.parametrize(
    ("zone", "first", "last", "now", "before"),
    [
        # 29 March has 23 hours in Berlin; the day before has 24.
        (
            "Europe/Berlin",
            "2026-03-28T23:00",
            "2026-03-29T22:00",
            "2026-04-02T00:00",
            ("27T23:00", "28T23:00"),
        ),
        # Until 14:30 in Berlin, of the day after the shift: until 14:30 of the short day.
        (
            "Europe/Berlin",
            "2026-03-29T22:00",
            "2026-03-30T22:00",
            "2026-03-30T12:30",
            ("28T23:00", "29T12:30"),
        ),
        ("UTC", "2026-03-30T00:00", "2026-03-31T00:00", "2026-04-02T00:00", ("29T00:00", "30T00:00")),
        # No whole days: as many hours.
        ("UTC", "2026-03-30T06:00", "2026-03-30T09:00", "2026-04-02T00:00", ("30T03:00", "30T06:00")),
    ],
)
def test_the_period_before_is_as_long_up_to_the_same_time(
    zone: str, first: str, last: str, now: str, before: tuple[str, str]
) -> None:
    since, until, moment = (datetime.fromisoformat(f"{text}+00:00") for text in (first, last, now))
    found = period_before(UsageFilter(tenant=Tenant(timezone=zone), since=since, until=until), now=moment)
    wanted = tuple(datetime.fromisoformat(f"2026-03-{text}+00:00") for text in before)
    assert (found.since, found.until) == wanted


@pytest.mark.parametrize(
    ("bucket", "now", "before"),
    [
        # A Wednesday at 14:00 in Berlin; summer time ended on 25 October.
        (Bucket.DAY, "2026-11-25T13:00", ("2026-11-23T23:00", "2026-11-24T13:00")),
        (Bucket.WEEK, "2026-11-25T13:00", ("2026-11-15T23:00", "2026-11-18T13:00")),
        (Bucket.MONTH, "2026-11-25T13:00", ("2026-09-30T22:00", "2026-10-25T13:00")),
        # Of the month that ends summer time, with the one before it.
        (Bucket.MONTH, "2026-10-26T13:00", ("2026-08-31T22:00", "2026-09-26T12:00")),
        # 14:00 of the 31st: September has 30 days.
        (Bucket.MONTH, "2026-10-31T13:00", ("2026-08-31T22:00", "2026-09-30T12:00")),
        (Bucket.MONTH, "2026-03-31T12:00", ("2026-01-31T23:00", "2026-02-28T13:00")),
        # 02:30 of a day on which the clock jumped from 02:00 to 03:00: as if it had not jumped yet.
        (Bucket.DAY, "2026-03-30T00:30", ("2026-03-28T23:00", "2026-03-29T01:30")),
        # The first instant of a day, week and month: nothing.
        (Bucket.DAY, "2026-06-30T22:00", ("2026-06-29T22:00", "2026-06-29T22:00")),
        (Bucket.MONTH, "2026-06-30T22:00", ("2026-05-31T22:00", "2026-05-31T22:00")),
    ],
)
def test_spending_is_compared_with_the_same_days_of_the_calendar(
    bucket: Bucket, now: str, before: tuple[str, str]
) -> None:
    moment, since, until = (datetime.fromisoformat(f"{text}+00:00") for text in (now, *before))
    zone = ZoneInfo("Europe/Berlin")
    first = bucket_of(moment.astimezone(zone).date(), bucket)
    chosen = UsageFilter(tenant=Tenant(timezone="Europe/Berlin"))
    found = same_days_before(chosen, first=first, bucket=bucket, now=moment)
    assert (found.since, found.until) == (since, until)
