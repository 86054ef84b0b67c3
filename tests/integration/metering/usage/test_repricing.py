"""Cost at reporting time: at the prices of then or of now, beside what was charged."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from metering.catalog.prices import columns_of
from metering.price import TOOLS, Price, Used
from metering.usage.filters import UsageFilter
from metering.usage.prices import Prices
from metering.usage.summary import usage_summary
from tests.factories import AttemptFactory, ModelFactory, PriceFactory
from tests.properties import thorough
from tests.support.prices import any_price, any_use, moments

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
THEN, NOW = Prices.THEN, Prices.NOW


def summed(prices: Prices, **chosen: Any) -> dict[str, Any]:
    [row] = usage_summary(UsageFilter(**chosen), by="task", prices=prices, now=now())
    return row


def use(*, days_ago: int = 1, **facts: Any) -> None:
    """An attempt of the model `m` with 1,000 input and 100 output tokens."""
    values = {"request_model": "m", "input_tokens": 1_000, "output_tokens": 100, "cost_nano_usd": 1_100_000}
    AttemptFactory(**{**values, "at": now() - days_ago * DAY, **facts})


@pytest.fixture
def dearer_since_yesterday() -> None:
    """One dollar, and two from half a day ago on."""
    model = ModelFactory(name="m")
    PriceFactory(model=model, effective_from=now() - 10 * DAY)
    twice = dict.fromkeys(("input", "output", "cached_input", "cache_write"), 2)
    PriceFactory(model=model, effective_from=now() - DAY / 2, **twice)


@pytest.mark.usefixtures("dearer_since_yesterday")
class TestAfterAPriceRose:
    def test_then_is_what_was_charged(self) -> None:
        use()
        row = summed(THEN)
        assert (row["cost_nano_usd"], row["charged_nano_usd"], row["difference_usd"]) == (
            1_100_000,
            1_100_000,
            "0",
        )

    def test_now_is_today_s_price_with_the_difference(self) -> None:
        use()
        row = summed(NOW)
        assert (row["cost_usd"], row["charged_usd"], row["difference_usd"]) == ("0.0022", "0.0011", "0.0011")

    def test_each_call_has_the_price_of_its_own_time(self) -> None:
        use(days_ago=2)
        use(days_ago=0, cost_nano_usd=2_200_000)
        assert summed(THEN)["cost_nano_usd"] == 3_300_000
        assert summed(NOW)["cost_nano_usd"] == 4_400_000

    @pytest.mark.parametrize(
        "fact",
        [
            {"estimated": True},
            {"outcome": "provisional"},
            {"request_model": "no-such-model"},
            {"input_tokens": 0, "output_tokens": 0, "api_calls": 1},
            {"days_ago": 20},
            {"service_tier": "standard+other_models"},
        ],
    )
    def test_what_no_vendor_reported_or_nobody_priced_keeps_its_charge(self, fact: dict[str, Any]) -> None:
        use(**fact)
        row = summed(THEN)
        assert (row["cost_nano_usd"], row["unpriced"]) == (1_100_000, 1)

    def test_what_cost_nothing_is_not_counted_as_unpriced(self) -> None:
        use(outcome="error", input_tokens=0, output_tokens=0, cost_nano_usd=0)
        assert summed(NOW)["unpriced"] == 0


def test_a_price_that_was_corrected_for_the_past_shows_at_then() -> None:
    PriceFactory(model=ModelFactory(name="m"), effective_from=now() - 10 * DAY, input=3, output=1)
    use()
    assert summed(THEN)["difference_usd"] == "0.002"


def test_a_future_price_is_not_today_s() -> None:
    model = ModelFactory(name="m")
    PriceFactory(model=model, effective_from=now() - 10 * DAY)
    PriceFactory(model=model, effective_from=now() + DAY, input=9)
    use()
    assert summed(NOW)["difference_usd"] == "0"


@pytest.mark.parametrize("markup", [None, 1_000_000])
def test_the_vendors_own_word_is_set_against_our_cost_before_a_markup(markup: int | None) -> None:
    cost = 1_100_000 if markup is None else 1_500_000
    use(cost_nano_usd=cost, list_cost_nano_usd=markup, vendor_cost_nano_usd=1_200_000)
    use(cost_nano_usd=7)
    row = summed(Prices.VENDOR)
    difference = 1_200_000 - (markup or cost)
    assert row["charged_nano_usd"] == cost + 7
    assert row["cost_nano_usd"] == cost + 7 + difference
    assert row["unpriced"] == 1


@thorough(60)
@given(any_price(), any_use(), moments, st.dictionaries(st.sampled_from(TOOLS), st.integers(1, 9)))
def test_the_report_prices_as_the_charge_did(
    price: Price, used: Used, at: datetime, tool_calls: dict[str, int]
) -> None:
    model = ModelFactory()
    PriceFactory(model=model, effective_from=now() - DAY, **columns_of(price))
    used = replace(used, tool_calls=tool_calls)
    charged = price.charge_nano_usd(used, at)
    units = {**tool_calls, "images": used.images}
    columns = {name: value for name, value in asdict(used).items() if name not in ("images", "tool_calls")}
    AttemptFactory(
        request_model=model.name, cost_nano_usd=charged, started_at=at, fee_units=json.dumps(units), **columns
    )
    row = summed(THEN, only=(("request_model", model.name),))
    assert row["cost_nano_usd"] == row["charged_nano_usd"] == charged
