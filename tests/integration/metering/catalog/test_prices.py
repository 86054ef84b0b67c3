from datetime import timedelta

import pytest
from django.utils.timezone import now

from metering.catalog.prices import prices_at
from metering.catalog.served import load_models
from tests.factories import ModelFactory, PriceFactory, ProviderFactory
from tests.served import serve_model

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_the_latest_price_that_has_begun_is_in_force() -> None:
    model, moment = ModelFactory(), now()
    for days, amount in ((-2, 1), (-1, 2), (1, 3)):
        PriceFactory(model=model, effective_from=moment + days * DAY, output=amount)
    in_force = [
        prices_at(models=[model.name], moment=moment + days * DAY)[model.name].output
        for days in (-2, -1.5, -1, 0, 1, 9)
    ]
    assert in_force == [1, 1, 2, 2, 3, 3]


def test_a_model_without_a_price_in_force_is_absent_and_never_free() -> None:
    price = PriceFactory(effective_from=now())
    assert prices_at(models=["nobody", price.model_id], moment=now() - DAY) == {}


def test_many_models_are_one_query(django_assert_num_queries) -> None:
    prices = [PriceFactory(input=amount) for amount in (1, 2, 3)]
    with django_assert_num_queries(1):
        found = prices_at(models=[price.model_id for price in prices] + ["nobody"], moment=now() + DAY)
    assert {name: price.input for name, price in found.items()} == {
        price.model_id: price.input for price in prices
    }


def test_a_served_model_knows_the_others_of_its_provider_by_the_vendors_names_with_prices_of_now() -> None:
    asked = serve_model("asked", physical_name="auto")
    mine = {"provider": asked.provider, "physical_name": "big"}
    retired = ModelFactory(name="retired", is_active=False, **mine)
    PriceFactory(model=retired, input=7)
    PriceFactory(model=retired, input=9, effective_from=now() + DAY)
    serve_model("cheaper", **mine)
    ModelFactory(name="unpriced", **mine)
    serve_model("elsewhere", provider=ProviderFactory(name="another"), physical_name="small")
    others = load_models().by_name["asked"].others
    assert {name: (model.name, model.price.input) for name, model in others.items()} == {
        "auto": ("asked", 1),
        "big": ("retired", 7),
    }
