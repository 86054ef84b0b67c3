from datetime import timedelta

import pytest
from django.utils.timezone import now

from metering.catalog.prices import PriceUnknown, price_at, prices_at
from tests.factories import ModelFactory, PriceFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_the_latest_price_that_has_begun_is_in_force() -> None:
    model, moment = ModelFactory(), now()
    for days, amount in ((-2, 1), (-1, 2), (1, 3)):
        PriceFactory(model=model, effective_from=moment + days * DAY, output=amount)
    in_force = [
        price_at(model=model.name, moment=moment + days * DAY).output for days in (-2, -1.5, -1, 0, 1, 9)
    ]
    assert in_force == [1, 1, 2, 2, 3, 3]


def test_an_unknown_price_is_an_error_and_never_free() -> None:
    price = PriceFactory(effective_from=now())
    for model, moment in (("nobody", now()), (price.model_id, now() - DAY)):
        with pytest.raises(PriceUnknown) as unknown:
            price_at(model=model, moment=moment)
        assert isinstance(unknown.value, LookupError)
        assert unknown.value.code == "unpriceable_request"


def test_many_models_are_one_query(django_assert_num_queries) -> None:
    prices = [PriceFactory(input=amount) for amount in (1, 2, 3)]
    with django_assert_num_queries(1):
        found = prices_at(models=[price.model_id for price in prices] + ["nobody"], moment=now() + DAY)
    assert {name: price.input for name, price in found.items()} == {
        price.model_id: price.input for price in prices
    }
