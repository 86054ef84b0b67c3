"""Today's prices: only what was charged by another price is priced again, and the sum is the summary's."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from metering.models import LLMModel, ModelPrice, UsageLog
from metering.reports import prices_now
from metering.reports.explore import explore
from metering.usage.filters import UsageFilter
from metering.usage.prices import Prices
from metering.usage.summary import usage_summary
from tests.factories import AttemptFactory, ModelFactory, PriceFactory
from tests.properties import thorough

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = now()
CHOSEN = UsageFilter(since=NOW - 20 * DAY, until=NOW)
CHARGED = 1_100_000


@pytest.fixture
def price() -> ModelPrice:
    return make_price()


def make_price() -> ModelPrice:
    """In force for long: one dollar for a million tokens of every kind."""
    made: ModelPrice = PriceFactory(
        model=ModelFactory(name="m"),
        effective_from=NOW - 30 * DAY,
        **dict.fromkeys(("input", "output", "cached_input", "cache_write"), 1),
    )
    ModelPrice.objects.filter(pk=made.pk).update(changed_at=NOW - 30 * DAY)
    return made


def call(**facts: Any) -> None:
    values = {"request_model": "m", "input_tokens": 1_000, "output_tokens": 100, "cost_nano_usd": CHARGED}
    AttemptFactory(**{**values, "at": NOW - 5 * DAY, **facts})


def said() -> int:
    [row] = usage_summary(CHOSEN, by="model", prices=Prices.NOW, now=now())
    return int(row["cost_nano_usd"])


def told() -> int | None:
    return explore(CHOSEN, now=now()).cost_now_nano_usd


def test_nothing_is_priced_again_where_no_price_has_moved(
    price: ModelPrice, django_assert_num_queries: Any
) -> None:
    call()
    with django_assert_num_queries(1):
        assert prices_now.cost_now(CHOSEN, by="model", now=NOW) == {}
    assert told() == said() == CHARGED


def test_a_corrected_price_counts_for_the_calls_before_the_correction(price: ModelPrice) -> None:
    call()
    ModelPrice.objects.filter(pk=price.pk).update(input=2)
    assert told() == said() == CHARGED + 1_000_000


def test_a_price_that_is_gone_leaves_the_one_before_it(price: ModelPrice) -> None:
    later = PriceFactory(model=price.model, effective_from=NOW - 10 * DAY, input=3, output=3)
    call(cost_nano_usd=3_300_000)
    later.delete()
    assert told() == said() == CHARGED


@thorough(10)
@given(
    st.lists(st.tuples(st.integers(1, 18), st.integers(0, 5_000), st.integers(0, 300)), max_size=6),
    st.decimals(0, 10, places=3),
)
def test_it_is_the_summarys_to_the_last_digit(calls: list[tuple[int, int, int]], dollars: Decimal) -> None:
    UsageLog.objects.all().delete()
    ModelPrice.objects.all().delete()
    LLMModel.objects.all().delete()
    price = make_price()
    PriceFactory(model=price.model, effective_from=NOW - 7 * DAY, input=dollars, output=dollars)
    for days_ago, tokens, extra in calls:
        call(at=NOW - days_ago * DAY, input_tokens=tokens, output_tokens=extra)
    # What came after the price began was charged by it.
    for row in UsageLog.objects.filter(started_at__gte=NOW - 7 * DAY):
        cost = -(-(row.input_tokens + row.output_tokens) * dollars * 1_000 // 1)
        UsageLog.objects.filter(pk=row.pk).update(cost_nano_usd=int(cost))
    rows = usage_summary(CHOSEN, by="model", prices=Prices.NOW, now=now())
    assert told() == sum(row["cost_nano_usd"] for row in rows)


def test_too_many_calls_are_not_worked_out(price: ModelPrice) -> None:
    call()
    call()
    ModelPrice.objects.filter(pk=price.pk).update(input=2)
    assert prices_now.cost_now(CHOSEN, by="model", now=now(), most=1) is None
    assert prices_now.cost_now(CHOSEN, by="model", now=now(), most=2) is not None
