"""Prices that the list announces are entered with their date, and give way to a person's."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway_project.vendor_catalogs.enter_prices import enter_prices
from metering.catalog.price_lines import PriceLine
from metering.models import LLMModel, ModelPrice
from tests.factories import ModelFactory, PriceFactory, ProviderFactory

pytestmark = pytest.mark.django_db
NOVEMBER = datetime(2026, 11, 29, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
MODEL = "gemini-4-argon"
"""Whose introductory price ends with November 2026."""


@pytest.fixture
def model() -> LLMModel:
    return ModelFactory(name=MODEL, provider=ProviderFactory(name="gemini", kind="gemini"))


def enter(at: datetime = NOVEMBER) -> list[PriceLine]:
    return enter_prices(actor="a test", now=at)


def inputs() -> list[tuple[datetime, Decimal]]:
    rows = ModelPrice.objects.filter(model=MODEL).order_by("effective_from")
    return [(row.effective_from, row.input) for row in rows]


def test_an_announced_price_is_entered_with_its_date(model: LLMModel) -> None:
    lines = [line for line in enter() if line.field == "input"]
    assert [(line.starts, line.old, line.new) for line in lines] == [(None, None, 2), (DECEMBER, 2, 4)]
    assert inputs() == [(NOVEMBER, 2), (DECEMBER, 4)]


def test_it_is_entered_once_and_its_day_brings_nothing_new(model: LLMModel) -> None:
    enter()
    assert enter(NOVEMBER + timedelta(hours=1)) == []
    assert enter(DECEMBER + timedelta(hours=1)) == []
    assert len(inputs()) == 2


def test_an_announcement_that_changed_is_corrected(model: LLMModel) -> None:
    enter()
    ModelPrice.objects.filter(effective_from=DECEMBER).update(input=3)
    enter(NOVEMBER + timedelta(hours=1))
    assert inputs() == [(NOVEMBER, 2), (DECEMBER, 4)]


def test_a_persons_price_to_come_keeps_it_away(model: LLMModel) -> None:
    own = NOVEMBER + timedelta(days=40)
    PriceFactory(model=model, effective_from=own, input=3)
    enter()
    assert inputs() == [(NOVEMBER, 2), (own, 3)]


def test_a_persons_price_in_force_keeps_it_away(model: LLMModel) -> None:
    PriceFactory(model=model, effective_from=NOVEMBER - timedelta(days=1), input=3)
    enter()
    assert inputs() == [(NOVEMBER - timedelta(days=1), 3)]


def test_a_price_that_was_loaded_as_the_list_has_it_follows_the_list(model: LLMModel) -> None:
    tools = {"tools": {"web_search": "0.014"}, "service_tiers": {"flex": "0.5", "priority": "1.8"}}
    yesterday = NOVEMBER - timedelta(days=1)
    same = {"input": 2, "output": 10, "cached_input": Decimal("0.1"), "cache_write": 2, "modifiers": tools}
    PriceFactory(model=model, effective_from=yesterday, **same)
    enter()
    assert inputs() == [(yesterday, 2), (DECEMBER, 4)]
