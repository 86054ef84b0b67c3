"""Usage that is odd or contradicts itself, over real HTTP: what came is charged, and what is not sure is marked."""

import json
from typing import Any

import pytest

from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor
from tests.vendors.raw import Turn, delta, events, usage, whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
WORDS = " ".join(["seven small words are in this row"] * 12)
"""84 words, 84 tokens or a few more."""
ZERO = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
Forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def answer(figures: Any, *, stream: bool, text: str = WORDS, **fields: Any) -> Turn:
    """The text with these figures, whole or streamed."""
    if not stream:
        return whole(text, usage=figures, **fields)
    chunks = [delta(word + " ") for word in text.split(" ")] + [delta(finish="stop")]
    return events(*chunks, *([{**usage(0, 0), "usage": figures}] if figures is not None else []))


@Forms
def test_zeros_beside_text_are_counted_and_marked(gateway: GatewayAndVendor, stream: bool) -> None:
    told = gateway.ask(answer(ZERO, stream=stream), stream=stream, max_tokens=200)
    assert told.status == 200
    assert told.row.estimate_reason == "missing"
    assert told.tokens[0] >= 5
    assert told.tokens[1] >= 84


@Forms
def test_no_usage_at_all_is_counted_and_marked(gateway: GatewayAndVendor, stream: bool) -> None:
    told = gateway.ask(answer(None, stream=stream), stream=stream, max_tokens=200)
    assert (told.row.estimated, told.row.estimate_reason) == (True, "missing")
    assert told.tokens[1] >= 84


@Forms
def test_a_total_beyond_the_sum_is_charged_as_output(gateway: GatewayAndVendor, stream: bool) -> None:
    figures = {"prompt_tokens": 20, "completion_tokens": 198, "total_tokens": 623}
    told = gateway.ask(answer(figures, stream=stream), stream=stream, max_tokens=700)
    assert (told.tokens, told.row.estimate_reason) == ((20, 603), "contradictory")
    assert '"total_tokens":623' in told.row.reported


def test_usage_that_is_split_over_chunks_is_put_together(gateway: GatewayAndVendor) -> None:
    parts = [usage(1_200, 0), delta(WORDS), delta(finish="stop"), usage(0, 50)]
    told = gateway.ask(events(*parts), stream=True, max_tokens=100)
    assert (told.tokens, told.row.estimated) == ((1_200, 50), False)
    assert told.events[-1] == "[DONE]"


def test_usage_inside_a_choice_is_read(gateway: GatewayAndVendor) -> None:
    last = delta(finish="stop")
    last["choices"][0]["usage"] = {"prompt_tokens": 7, "completion_tokens": 84, "total_tokens": 91}
    told = gateway.ask(events(delta(WORDS), last), stream=True, max_tokens=100)
    assert (told.tokens, told.row.estimated) == ((7, 84), False)


@pytest.mark.parametrize("completion", ["absent", None], ids=["missing", "null"])
@Forms
def test_a_completion_count_that_is_missing_is_counted(
    gateway: GatewayAndVendor, completion: Any, stream: bool
) -> None:
    figures = {"prompt_tokens": 7, "completion_tokens": completion}
    figures = {name: value for name, value in figures.items() if value != "absent"}
    told = gateway.ask(answer(figures, stream=stream), stream=stream, max_tokens=200)
    assert told.tokens[0] == 7
    assert told.tokens[1] >= 84
    assert told.row.estimate_reason == "missing"


@Forms
def test_the_newer_names_are_read(gateway: GatewayAndVendor, stream: bool) -> None:
    figures = {"input_tokens": 7, "output_tokens": 84, "total_tokens": 91}
    told = gateway.ask(answer(figures, stream=stream), stream=stream, max_tokens=200)
    assert (told.tokens, told.row.estimated) == ((7, 84), False)


@Forms
def test_figures_as_text_and_fractions_are_read_and_rounded_up(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    figures = {"prompt_tokens": "7", "completion_tokens": 83.2, "total_tokens": None}
    told = gateway.ask(answer(figures, stream=stream), stream=stream, max_tokens=200)
    assert (told.tokens, told.row.estimated) == ((7, 84), False)


def test_cached_tokens_beyond_the_input_are_beside_it(gateway: GatewayAndVendor) -> None:
    figures = {"prompt_tokens": 10, "completion_tokens": 84, "prompt_tokens_details": {"cached_tokens": 99}}
    told = gateway.ask(answer(figures, stream=False), max_tokens=200)
    assert (told.tokens, told.row.cached_input_tokens) == ((109, 84), 99)
    assert told.row.estimate_reason == "contradictory"


def test_anthropics_cache_counts_beside_the_input_are_charged(gateway: GatewayAndVendor) -> None:
    figures = {
        "prompt_tokens": 20,
        "completion_tokens": 84,
        "total_tokens": 104,
        "cache_read_input_tokens": 500,
        "cache_creation_input_tokens": 100,
    }
    told = gateway.ask(answer(figures, stream=False), max_tokens=200)
    assert told.tokens == (620, 84)
    assert (told.row.cached_input_tokens, told.row.cache_write_tokens) == (500, 100)


@Forms
def test_a_figure_that_no_model_can_reach_is_charged_as_held_and_kept(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    figures = {"prompt_tokens": 9, "completion_tokens": 10**12, "total_tokens": 10**12 + 9}
    told = gateway.ask(answer(figures, stream=stream), stream=stream)
    assert told.reservation is not None
    assert told.tokens == (told.reservation.input_tokens, told.reservation.output_tokens)
    assert told.charged_nano_usd == told.reservation.cost_nano_usd
    assert (told.row.estimated, told.row.estimate_reason) == (True, "impossible")
    assert "1000000000000" in told.row.reported
    assert told.said


@Forms
def test_a_figure_beyond_the_limit_that_a_model_can_reach_is_charged_in_full(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    figures = {"prompt_tokens": 9, "completion_tokens": 9_000, "total_tokens": 9_009}
    told = gateway.ask(answer(figures, stream=stream), stream=stream)
    assert (told.tokens, told.row.estimated) == ((9, 9_000), False)


def test_a_few_tokens_beside_a_long_text_are_not_believed(gateway: GatewayAndVendor) -> None:
    figures = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}
    told = gateway.ask(answer(figures, stream=False), max_tokens=200)
    assert told.tokens[0] == 9
    assert told.tokens[1] >= 84
    assert told.row.estimate_reason == "contradictory"


def test_a_short_count_for_an_unusual_tokenizer_is_believed(gateway: GatewayAndVendor) -> None:
    figures = {"prompt_tokens": 9, "completion_tokens": 50, "total_tokens": 59}
    told = gateway.ask(answer(figures, stream=False), max_tokens=200)
    assert (told.tokens, told.row.estimated) == ((9, 50), False)


LONG = "word " * 600
UNUSUAL: dict[str, dict[str, Any]] = {
    "reasoning": {"content": "ok", "reasoning": LONG},
    "reasoning_details": {"content": "ok", "reasoning_details": [{"type": "reasoning.text", "text": LONG}]},
    "function_call": {"content": None, "function_call": {"name": "f", "arguments": LONG}},
    "audio transcript": {"content": None, "audio": {"id": "a", "transcript": LONG}},
    "tool calls": {
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": LONG}}]
    },
    "a field of tomorrow": {"content": "ok", "thinking_blocks": [{"thinking": LONG}]},
    "content parts": {"content": [{"type": "text", "text": LONG}]},
}


@pytest.mark.parametrize("field", UNUSUAL)
@Forms
def test_every_generated_string_counts(gateway: GatewayAndVendor, field: str, stream: bool) -> None:
    message = {"role": "assistant", **UNUSUAL[field]}
    turn = whole(message, usage="absent") if not stream else events(delta(**message), delta(finish="stop"))
    told = gateway.ask(turn, stream=stream, max_tokens=1_000)
    assert told.status == 200
    assert 600 <= told.tokens[1] <= 700
    assert told.row.estimate_reason == "missing"


def test_the_same_thought_under_two_names_counts_once(gateway: GatewayAndVendor) -> None:
    message = {"role": "assistant", "content": "ok", "reasoning": LONG, "reasoning_content": LONG}
    told = gateway.ask(whole(message, usage="absent"), max_tokens=1_000)
    assert 600 <= told.tokens[1] <= 700


def test_a_finish_reason_that_is_a_number_drops_no_choice(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(events(delta(WORDS, finish=0), delta(finish=0)), stream=True, max_tokens=200)
    assert told.events[-1] == "[DONE]"
    assert told.tokens[1] >= 84


def test_sound_that_cannot_be_counted_is_charged_as_held(gateway: GatewayAndVendor) -> None:
    message = {"role": "assistant", "content": None, "audio": {"id": "a", "data": "AAAA", "transcript": "hi"}}
    told = gateway.ask(whole(message, usage="absent"))
    assert told.tokens[1] == 50
    assert told.row.estimated


@pytest.mark.parametrize("tier", ["priority", "scale"])
def test_the_tier_that_was_served_is_kept_and_a_dear_one_is_marked(
    gateway: GatewayAndVendor, tier: str
) -> None:
    told = gateway.ask(whole(service_tier=tier))
    assert (told.row.service_tier, told.row.partly_priced) == (tier, True)


def test_the_plain_tier_is_kept_and_not_marked(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(whole(service_tier="default"))
    assert (told.row.service_tier, told.row.partly_priced) == ("default", False)


@Forms
def test_what_the_vendor_says_that_it_cost_is_kept_beside_our_price(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    figures = {"prompt_tokens": 7, "completion_tokens": 84, "total_tokens": 91, "cost": 0.0012}
    told = gateway.ask(answer(figures, stream=stream), stream=stream, max_tokens=200)
    assert (told.row.vendor_cost_nano_usd, told.charged_nano_usd) == (1_200_000, 91_000)


@Forms
def test_calls_of_the_vendors_tools_are_kept_and_without_a_price_marked(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    used = {"web_search_requests": 2, "new_requests": 1}
    figures = {"prompt_tokens": 7, "completion_tokens": 84, "total_tokens": 91, "server_tool_use": used}
    told = gateway.ask(answer(figures, stream=stream), stream=stream, max_tokens=200)
    assert json.loads(told.row.fee_units) == {"other": 1, "web_search": 2}
    assert told.row.partly_priced


@Forms
def test_what_moves_the_price_beside_the_tier_is_named_and_marked(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    figures = {"prompt_tokens": 7, "completion_tokens": 84, "total_tokens": 91, "speed": "fast"}
    told = gateway.ask(answer(figures, stream=stream), stream=stream, max_tokens=200)
    assert (told.row.service_tier, told.row.partly_priced) == ("standard+fast", True)
