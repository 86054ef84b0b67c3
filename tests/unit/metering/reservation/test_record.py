"""What the row of an attempt says that its vendor did not tell of in full."""

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from metering.amounts import Amounts
from metering.ledger.commands import Attempt
from metering.price import UNKNOWN, Asked, Price
from metering.reservation.bounded_call import BoundedCall
from metering.reservation.record import attempt_of
from metering.types import EstimateReason, Outcome
from providers.port import ModelUsage, Usage
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


def with_others(used: Usage, *, asked: Price = PRICE, **facts: Any) -> Attempt:
    """The row of a call of `small` at a vendor that has `big`, three times as dear, and `unpriced` too."""
    dear = dataclasses.replace(PRICE, input=3 * ONE, output=6 * ONE, cached_input=ONE / 2)
    big = model(name="big", physical_name="big-2026", price=dear, context_tokens=50_000)
    others = {"big-2026": big, "unpriced": model(name="unpriced", price=UNKNOWN)}
    call = BoundedCall(
        model=model(price=asked, others=others), bound=HELD, answer_tokens=100, body={}, asked={}, **facts
    )
    return attempt_of(
        number=1,
        response_model="",
        started_at=datetime(2026, 11, 30, 12, tzinfo=UTC),
        latency_ms=1,
        outcome=Outcome.OK,
        usage=used,
        call=call,
    )


def part(name: str, given: int, output: int, cached: int = 0) -> ModelUsage:
    return ModelUsage(model=name, input_tokens=given, output_tokens=output, cached_input_tokens=cached)


def test_models_that_took_part_are_priced_by_their_rows_and_the_rest_as_the_one_that_answered() -> None:
    parts = (part("big-2026", 400, 10, cached=100), part("small-2026", 100, 5))
    used = Usage(input_tokens=1_000, output_tokens=50, cached_input_tokens=100, parts=parts)
    attempt = with_others(replace(used, tool_calls={"web_search": 1}))
    big, small = 300 * 3_000 + 100 * 500 + 10 * 6_000, 600 * 1_000 + 40 * 2_000
    assert attempt.cost_nano_usd == big + small + 10_000_000
    assert (attempt.service_tier, attempt.partly_priced) == ("standard+other_models", False)


def test_parts_of_the_model_that_was_asked_for_alone_are_no_others() -> None:
    used = Usage(input_tokens=1_000, output_tokens=50, parts=(part("small-2026", 400, 10),))
    attempt = with_others(used)
    assert (attempt.cost_nano_usd, attempt.service_tier) == (1_000 * 1_000 + 50 * 2_000, "")


@pytest.mark.parametrize("name", ["unpriced", "nobody-knows", ""])
def test_a_part_without_a_price_costs_what_was_asked_for_and_is_marked(name: str) -> None:
    attempt = with_others(Usage(input_tokens=1_000, output_tokens=50, parts=(part(name, 400, 10),)))
    assert (attempt.cost_nano_usd, attempt.partly_priced) == (1_000 * 1_000 + 50 * 2_000, True)


def test_a_model_without_a_price_whose_answer_others_gave_is_priced_in_full() -> None:
    used = Usage(input_tokens=1_000, output_tokens=50, parts=(part("big-2026", 1_000, 50),))
    attempt = with_others(used, asked=UNKNOWN, partly_priced=True)
    assert (attempt.cost_nano_usd, attempt.partly_priced) == (1_000 * 3_000 + 50 * 6_000, False)


def test_markups_apply_to_what_other_models_cost() -> None:
    used = Usage(input_tokens=1_000, output_tokens=50, answered_by="nobody-knows", vendor_cost_nano_usd=7_000)
    attempt = with_others(used, markup=2_000_000, partly_priced_anyway=True)
    assert (attempt.cost_nano_usd, attempt.list_cost_nano_usd, attempt.partly_priced) == (
        14_000,
        7_000,
        False,
    )


def test_another_model_may_use_more_than_the_one_that_was_asked_for_can() -> None:
    used = Usage(input_tokens=40_000, output_tokens=50)
    assert with_others(used).estimate_reason == "impossible"
    attempt = with_others(replace(used, answered_by="big-2026"))
    assert (attempt.cost_nano_usd, attempt.estimate_reason) == (40_000 * 3_000 + 50 * 6_000, "")


def test_a_long_tier_leaves_room_for_the_mark() -> None:
    used = Usage(
        input_tokens=1, output_tokens=1, answered_by="big-2026", service_tier="priority+fast+somewhere-far"
    )
    assert with_others(used).service_tier == "priority+fast+somew+other_models"
