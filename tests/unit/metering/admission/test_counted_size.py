"""Typed counts are bounded at the price of the time that is asked about."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from metering.admission.demand import CountedSize
from metering.amounts import Amounts
from metering.errors import OverTaskLimit
from metering.price import Price
from metering.price_modifiers import read_modifiers
from tests.fakes.policy import model, policy

NIGHT = {"days": ["mon"], "from": "01:00", "to": "04:00", "factor": 3}
ONE = Decimal(1)
PRICE = Price(input=ONE, output=ONE, cached_input=ONE, cache_write=ONE, **read_modifiers({"hours": [NIGHT]}))


@pytest.mark.parametrize(
    ("now", "nano_usd"),
    [
        (datetime(2026, 11, 30, 12, tzinfo=UTC), 11_000),
        (datetime(2026, 11, 30, 2, tzinfo=UTC), 33_000),
        (None, 33_000),
    ],
)
def test_an_imagined_call_is_bounded_at_the_price_of_its_hour(now: datetime | None, nano_usd: int) -> None:
    size = CountedSize(10, 1, now=now)
    bound = size.measure((model(price=PRICE),), policy(), hard=True).bound
    assert bound.cost_nano_usd == nano_usd


@pytest.mark.parametrize(("limits", "most"), [({}, 5), ({"diagram_files_per_req": 2}, 2)])
def test_an_imagined_request_may_hand_out_as_many_files_as_a_real_one(
    limits: dict[str, int], most: int
) -> None:
    def measured(files: int) -> Amounts:
        size = CountedSize(10, 1, Amounts(files=files), most_files=5)
        return size.measure((model(),), policy(**limits), hard=False).bound

    assert measured(most).files == most
    with pytest.raises(OverTaskLimit, match="diagram_files_per_req") as caught:
        measured(most + 1)
    assert (caught.value.code, caught.value.source) == ("invalid_request", "diagram_files_per_req")
