"""What the row of an attempt says that its vendor did not tell of in full."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from metering.amounts import Amounts
from metering.ledger.commands import Attempt
from metering.price import Asked, Price
from metering.reservation.bounded_call import BoundedCall
from metering.reservation.record import attempt_of
from metering.types import EstimateReason, Outcome
from providers.port import Usage
from tests.fakes.policy import model

ONE = Decimal(1)
PRICE = Price(
    input=ONE,
    output=Decimal(2),
    cached_input=ONE,
    cache_write=ONE,
    service_tiers={"priority": Decimal(2)},
    tools={"web_search": Decimal("0.01")},
)
HELD = Amounts(input_tokens=2_000, output_tokens=100, cost_nano_usd=2_200_000)


def row(reason: str, *, asked: Asked | None = None, **used: Any) -> Attempt:
    usage = Usage(input_tokens=1_000, output_tokens=50, estimate_reason=EstimateReason(reason), **used)
    call = BoundedCall(
        model=model(price=PRICE), bound=HELD, answer_tokens=100, body={}, asked={}, priced=asked or Asked()
    )
    return attempt_of(
        number=1,
        response_model="",
        started_at=datetime(2026, 11, 30, 12, tzinfo=UTC),
        latency_ms=1,
        outcome=Outcome.CUT if reason == "cut" else Outcome.OK,
        usage=usage,
        call=call,
    )


@pytest.mark.parametrize("reason", ["", "missing", "contradictory", "cut"])
def test_the_vendors_tools_and_the_tier_that_was_served_are_charged_however_sure_the_tokens_are(
    reason: str,
) -> None:
    attempt = row(reason, service_tier="priority", tool_calls={"web_search": 3})
    assert attempt.cost_nano_usd == 2 * (1_000 + 100) * 1_000 + 30_000_000
    assert attempt.fee_units == '{"web_search":3}'


@pytest.mark.parametrize("reason", ["", "cut"])
def test_of_an_answer_that_names_no_tier_the_dear_one_that_was_asked_for_is_charged(reason: str) -> None:
    attempt = row(reason, asked=Asked(service_tier="priority"))
    assert (attempt.cost_nano_usd, attempt.service_tier) == (2 * (1_000 + 100) * 1_000, "priority")
