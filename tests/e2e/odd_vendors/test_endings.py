"""Answers that break off, make no sense or never come: a defined ending, and a charge of what came or may have come."""

import json
from typing import Any

import openai
import pytest

from metering.models import UsageLog, UsageReservation
from metering.types import ReservationState
from tests.e2e.odd_vendors.gateway_and_vendor import GatewayAndVendor, Told
from tests.vendors.raw import Turn, delta, events, usage, whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
Forms = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
LIMIT = 50


def cut(*data: Any, how: str = "close", **facts: Any) -> Turn:
    """A stream that breaks off after these events."""
    return events(*data, done=False, ending=how, **facts)


def growing(prompt: int, *completions: int) -> list[dict[str, Any]]:
    """Chunks of two words, each with the usage so far, as vLLM sends them."""
    return [
        delta("two words ") | {"usage": {"prompt_tokens": prompt, "completion_tokens": n}}
        for n in completions
    ]


def unanswered(told: Told) -> bool:
    """Charged the input as counted and the whole limit, and marked."""
    row = told.row
    assert told.reservation is not None
    assert 5 <= row.input_tokens < told.reservation.input_tokens
    return (row.output_tokens, row.estimated, row.estimate_reason) == (LIMIT, True, "unanswered")


def test_usage_on_the_way_of_a_cut_stream_is_a_lower_bound_and_marked(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(cut(*growing(900, 2, 4, 30)), stream=True)
    assert told.tokens == (900, 30)
    assert (told.row.outcome, told.row.estimated, told.row.estimate_reason) == ("cut", True, "cut")
    assert told.error["code"] == "vendor_error"


def test_what_came_counts_where_it_is_more_than_was_reported(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(cut(*growing(900, 1, 1, 1)), stream=True)
    assert told.tokens[0] == 900
    assert 6 <= told.tokens[1] <= 12


def test_usage_on_the_way_of_a_complete_stream_is_its_last(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(events(*growing(900, 2, 4, 6), delta(finish="stop") | {"usage": None}), stream=True)
    assert (told.tokens, told.row.estimated) == ((900, 6), False)


def test_a_cut_stream_without_usage_is_charged_for_what_came(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(cut(delta("three little words "), delta("and two")), stream=True)
    assert 5 <= told.tokens[0] <= 20
    assert 5 <= told.tokens[1] <= 8
    assert told.said == "three little words and two"


def test_a_cut_stream_of_a_model_that_thinks_unseen_is_charged_its_limit(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(cut(delta("three little words ")), stream=True, model="thinker")
    assert (told.tokens[1], told.row.estimate_reason) == (LIMIT, "cut")


def test_a_cut_stream_that_has_reported_reasoning_is_charged_its_limit(gateway: GatewayAndVendor) -> None:
    thought = delta("words") | {"usage": {"prompt_tokens": 9, "completion_tokens": 8, "reasoning_tokens": 7}}
    told = gateway.ask(cut(thought), stream=True)
    assert told.tokens == (9, LIMIT)


def test_a_stream_that_is_cut_before_a_word_came_is_charged_its_limit(gateway: GatewayAndVendor) -> None:
    assert unanswered(gateway.ask(cut(pieces=(1,)), stream=True))


def test_two_choices_of_which_the_second_is_cut_are_no_success(gateway: GatewayAndVendor) -> None:
    first = [delta("one"), delta(finish="stop"), delta("two", index=1)]
    told = gateway.ask(cut(*first), stream=True, n=2)
    assert (told.row.outcome, told.error["code"]) == ("cut", "vendor_error")
    assert "[DONE]" not in told.events


def test_two_choices_of_which_the_second_never_began_are_no_success(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(cut(delta("one"), delta(finish="stop")), stream=True, n=2)
    assert told.row.outcome == "cut"


def test_two_choices_that_have_both_ended_are_a_success(gateway: GatewayAndVendor) -> None:
    both = [delta("one"), delta("two", index=1), delta(finish="stop", index=1), delta(finish="stop")]
    told = gateway.ask(cut(*both), stream=True, n=2)
    assert (told.row.outcome, told.events[-1]) == ("ok", "[DONE]")


def test_usage_at_the_beginning_ends_no_stream(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(cut(usage(1_200, 0), delta("words ")), stream=True)
    assert (told.row.outcome, told.tokens[0]) == ("cut", 1_200)


@pytest.mark.parametrize("how", ["close", "reset"])
def test_usage_in_events_of_its_own_on_the_way_of_a_cut_stream_is_a_lower_bound(
    gateway: GatewayAndVendor, how: str
) -> None:
    told = gateway.ask(cut(delta("one "), usage(900, 1), delta("two "), usage(900, 30), how=how), stream=True)
    assert (told.row.outcome, told.tokens, told.row.estimate_reason) == ("cut", (900, 30), "cut")
    assert told.error["code"] == "vendor_error"


def test_usage_does_not_end_a_choice_that_was_cut(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(
        cut(delta("one"), delta(finish="stop"), delta("two", index=1), usage(9, 2)), stream=True, n=2
    )
    assert (told.row.outcome, told.error["code"]) == ("cut", "vendor_error")


def test_a_complete_stream_whose_unread_fields_are_no_utf8_ends_without_an_error(
    gateway: GatewayAndVendor,
) -> None:
    body = events(delta("hi", finish="stop")).body.replace(b'"c-1"', b'"\xff"')
    told = gateway.ask(Turn(body=body, content_type="text/event-stream"), stream=True)
    assert (told.said, told.row.outcome, told.row.estimate_reason) == ("hi", "ok", "missing")
    assert told.text.endswith("data: [DONE]\n\n")


def test_a_stream_that_ends_in_good_order_after_its_usage_is_complete(gateway: GatewayAndVendor) -> None:
    told = gateway.ask(events(delta("hi"), usage(9, 1), done=False), stream=True)
    assert (told.said, told.events[-1], told.tokens, told.row.outcome) == ("hi", "[DONE]", (9, 1), "ok")


@pytest.mark.parametrize("reason", ["null", "none", "", 0, None])
def test_a_finish_reason_that_says_there_is_none_ends_no_choice(
    gateway: GatewayAndVendor, reason: Any
) -> None:
    told = gateway.ask(cut(delta("one ", finish=reason), delta("two ", finish=reason)), stream=True)
    assert (told.row.outcome, told.error["code"]) == ("cut", "vendor_error")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_no_error_follows_an_answer_that_is_complete_when_the_connection_breaks(
    gateway: GatewayAndVendor, how: str
) -> None:
    told = gateway.ask(cut(delta("hi"), delta(finish="stop"), usage(9, 1), how=how), stream=True)
    assert (told.said, told.events[-1], told.tokens, told.row.outcome) == ("hi", "[DONE]", (9, 1), "ok")


NONSENSE: dict[str, bytes] = {
    "a page": b"<html>Bad gateway</html>",
    "nothing": b"",
    "half of json": whole().body[:100],
    "nested without end": b'{"model":' + b"[" * 5_000 + b"]" * 5_000 + b',"choices":"x"}',
    "brackets": b"[" * 100_000,
    "a number": b"7",
    "null": b"null",
    "no choices": b'{"id": "x", "choices": []}',
    "choices of text": b'{"model": "m", "choices": "x"}',
    "no utf-8": b'{"choices": [{"message": {"content": "\xff\xfe"}}]}',
    "zeros": b"\0" * 1_000,
    "a stream of nonsense": b"data: {nonsense\n\n",
    "a stream of nothing": b": keep-alive\n\n",
    "a very long number": b'{"choices": [' + b"9" * 5_000 + b"]}",
}


@pytest.mark.parametrize("case", NONSENSE)
@Forms
def test_nonsense_with_a_success_ends_in_an_error_and_is_charged_its_limit(
    gateway: GatewayAndVendor, case: str, stream: bool
) -> None:
    told = gateway.ask(Turn(body=NONSENSE[case]), stream=stream)
    assert (told.status, told.error["code"], told.row.outcome) == (502, "vendor_error", "cut")
    assert unanswered(told)
    assert told.headers["x-should-retry"] == "false"


@Forms
def test_an_answer_without_choices_is_an_error_and_charged_as_its_vendor_reports(
    gateway: GatewayAndVendor, stream: bool
) -> None:
    nothing = usage(20, 0)
    told = gateway.ask(events(nothing) if stream else Turn(body=json.dumps(nothing).encode()), stream=stream)
    assert (told.status, told.error["code"], told.row.outcome) == (502, "vendor_error", "cut")
    assert (told.tokens, told.row.estimated) == ((20, 0), False)


@pytest.mark.parametrize("status", [504, 524])
def test_a_server_before_the_vendor_that_gave_up_waiting_leaves_a_call_that_may_be_billed(
    gateway: GatewayAndVendor, status: int
) -> None:
    told = gateway.ask(Turn(status=status, body=b"gateway timeout"))
    assert (told.status, told.error["code"], told.headers["x-should-retry"]) == (
        504,
        "vendor_timeout",
        "false",
    )
    assert unanswered(told)


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_an_error_status_without_output_costs_nothing_and_may_be_tried_again(
    gateway: GatewayAndVendor, status: int
) -> None:
    told = gateway.ask(Turn(status=status, body=b"{}"))
    assert (told.status, told.row.cost_nano_usd, told.row.outcome) == (502, 0, "error")
    assert "x-should-retry" not in told.headers


def test_the_official_sdk_pays_for_an_ambiguous_call_once(gateway: GatewayAndVendor) -> None:
    gateway.vendor.answers(*[Turn(body=b"nonsense") for _ in range(5)])
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key=gateway.capped_token)
    with client, pytest.raises(openai.InternalServerError):
        client.chat.completions.create(
            model="small",
            messages=[{"role": "user", "content": "hi"}],
            max_tokens=LIMIT,
            extra_headers={"x-request-id": "paid-once"},
        )
    assert len(gateway.vendor.seen) == 1
    assert UsageLog.objects.filter(request_id="paid-once").count() == 1


@pytest.mark.parametrize("model", ["no-port", "no-host", "no-header", "no-key"])
@Forms
def test_what_cannot_be_sent_is_released_and_costs_nothing(
    gateway: GatewayAndVendor, model: str, stream: bool
) -> None:
    told = gateway.ask(model=model, stream=stream, capped=True)
    assert (told.status, told.error["code"], told.rows) == (502, "vendor_error", [])
    held = UsageReservation.objects.get(request_id=told.headers["x-request-id"])
    assert held.state == ReservationState.RELEASED
    assert "secret" not in told.text
