"""What a vendor reports beside tokens, in all the shapes in which numbers and names come."""

from typing import Any

import pytest

from providers.openai_compatible.extras import Extras
from providers.openai_compatible.stated_cost import (
    COST_HEADER,
    LARGEST_COST,
    NANO_PER_TICK,
    nano_usd_of,
    with_stated_cost,
)
from providers.port import Completion, Usage

NUMBERS = [(0, 0), (1, 10**9), (0.00014, 140_000), ("0.0000000001", 1), (" 2.5 ", 2_500_000_000), (1e-12, 1)]
NO_NUMBERS: list[object] = [
    *(None, True, "", "free", "nan", "Infinity", float("nan"), float("inf"), -1, -0.5, [], {}, "1" * 65),
    *(10**400, -(10**400), "1e999999", "1e999999999999999999", LARGEST_COST),
]


def read(*reports: dict[str, Any]) -> Extras:
    extras = Extras()
    for report in reports:
        extras.read(report)
    return extras


@pytest.mark.parametrize(("value", "nano_usd"), NUMBERS)
def test_an_amount_is_rounded_up_to_a_nano_dollar(value: object, nano_usd: int) -> None:
    assert nano_usd_of(value) == nano_usd


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_amount_says_nothing(value: object) -> None:
    assert nano_usd_of(value) is None


def test_a_tick_is_a_tenth_of_a_nano_dollar() -> None:
    assert [nano_usd_of(ticks, NANO_PER_TICK) for ticks in (10**10, 11, 10, 0)] == [10**9, 2, 1, 0]


@pytest.mark.parametrize(
    ("stated", "within", "cost"),
    [
        *[("0.002", None, 2_000_000), ("0.002", 3_000_000, 3_000_000), ("0.004", 3_000_000, 4_000_000)],
        *[("none", 3_000_000, 3_000_000), ("0", None, 0), ("none", None, None)],
    ],
)
def test_of_the_cost_in_a_header_and_in_the_answer_the_larger_counts(
    stated: str, within: int | None, cost: int | None
) -> None:
    usage = Usage(input_tokens=1, output_tokens=1, vendor_cost_nano_usd=within)
    answer = with_stated_cost(Completion(body=b"{}", model="m", usage=usage), {COST_HEADER: stated})
    assert answer.usage.vendor_cost_nano_usd == cost


def test_a_cost_that_grows_from_chunk_to_chunk_is_never_added_up() -> None:
    assert read(*({"cost": cents / 100} for cents in (1, 3, 2))).cost_nano_usd == 30_000_000


@pytest.mark.parametrize("details", [None, [], {}, {"upstream_inference_cost": None}])
def test_with_a_key_of_ones_own_and_no_word_of_upstreams_cost_the_fee_is_what_is_known(details: Any) -> None:
    assert read({"cost": 0.001, "is_byok": True, "cost_details": details}).cost_nano_usd == 1_000_000


@pytest.mark.parametrize(
    ("usage", "calls"),
    [
        (
            {"server_tool_use": {"web_search_requests": 2, "tool_search_requests": 1}},
            {"web_search": 2, "other": 1},
        ),
        ({"server_tool_use": {"web_search_requests": 0}}, {}),
        ({"server_tool_use": {"web_search_requests": "many", "web_fetch_requests": -3}}, {}),
        ({"server_tool_use": [1]}, {}),
        ({"num_server_side_tools_used": 3}, {"other": 3}),
        (
            {"num_server_side_tools_used": 3, "server_side_tool_usage": {"web_search": 2}},
            {"web_search": 2, "other": 1},
        ),
        ({"server_side_tools_used": ["SERVER_SIDE_TOOL_MCP", 7, None]}, {"other": 3}),
    ],
)
def test_calls_of_tools_are_counted_by_our_names_and_none_is_lost(
    usage: dict[str, Any], calls: dict[str, int]
) -> None:
    assert read(usage).tool_calls == calls


def test_calls_that_are_reported_again_count_once() -> None:
    extras = read(*({"server_tool_use": {"web_search_requests": number}} for number in (1, 3, 2)))
    assert extras.tool_calls == {"web_search": 3}


@pytest.mark.parametrize(
    ("usage", "named", "tier"),
    [
        ({"speed": "standard", "inference_geo": "not_available"}, "standard", "standard"),
        ({"speed": "fast"}, "standard", "standard+fast"),
        ({"speed": "fast", "inference_geo": "US"}, "priority", "priority+fast+us"),
        ({"inference_geo": "global"}, "", ""),
        ({"speed": "fast"}, "", "standard+fast"),
        ({"speed": ["fast"], "inference_geo": 7}, "standard", "standard"),
        ({"speed": "x" * 50}, "standard", "standard+" + "x" * 23),
        ({"prompt_tokens_details": {"audio_tokens": 0, "image_tokens": 9}}, "default", "default"),
        ({"input_tokens_details": {"audio_tokens": 7}}, "default", "default+audio"),
        ({"completion_tokens_details": {"audio_tokens": 7, "image_tokens": 1}}, "", "standard+audio+image"),
        ({"completion_tokens_details": ["audio_tokens"], "prompt_audio_seconds": 0}, "", ""),
        ({"prompt_audio_seconds": 12}, "", "standard+audio"),
    ],
)
def test_what_else_moves_the_price_is_added_to_the_tier(usage: dict[str, Any], named: str, tier: str) -> None:
    assert read(usage).tier(named) == tier
