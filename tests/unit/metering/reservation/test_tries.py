"""What is tried after a failure. No vendor is asked here."""

import time
from typing import Any

import pytest

from metering.admission.bound import bound_request
from metering.errors import ContextLengthExceeded, RefusedByVendor, VendorError, VendorRateLimited
from metering.ports import AttemptFailed
from metering.reservation.bounded_call import BoundedCall
from metering.reservation.tries import FIRST_BYTE_S, MAX_PAUSE_S, Tries, Try, first_byte_s, wait_s
from metering.types import Outcome
from providers.token_counting import count_tokens
from tests.fakes.allowance import body
from tests.fakes.policy import model, policy


def calls_at(*names: str, **fields: Any) -> tuple[BoundedCall, ...]:
    models = tuple(model(name=name, provider_name=f"vendor of {name}", **fields) for name in names)
    return bound_request(body(), models, policy(), count_tokens=count_tokens, hard=True).calls


def tries_at(*names: str, within_s: float = 100.0, **fields: Any) -> Tries:
    return Tries(calls_at(*names, **fields), ends_at_s=time.monotonic() + within_s)


def refused(status: int, *, retryable: bool = True, **fields: Any) -> AttemptFailed:
    return AttemptFailed(
        f"status {status}", outcome=Outcome.ERROR, status=status, retryable=retryable, **fields
    )


UNREACHABLE = AttemptFailed("no route", outcome=Outcome.ERROR, sent=False, retryable=True)
TIMEOUT = AttemptFailed("too slow", outcome=Outcome.TIMEOUT, retryable=True)
CUT = AttemptFailed("cut off", outcome=Outcome.CUT, retryable=True)


def name_of(following: Try | None) -> str | None:
    return following.call.model.name if following is not None else None


@pytest.mark.parametrize(
    "failure",
    [
        *[refused(status, retryable=False) for status in (401, 402, 403, 404, 405)],
        *[refused(status) for status in (408, 409, 429, 500, 502, 503, 529)],
        refused(429, retry_after_s=3600.0),
        refused(400, retryable=False, code="insufficient_quota"),
        refused(400, retryable=False, code="model_not_found"),
        refused(400, retryable=False, code="generation_failed"),
        refused(400, retryable=False, code="field_not_taken"),
        UNREACHABLE,
        TIMEOUT,
        CUT,
    ],
    ids=str,
)
def test_whatever_another_vendor_could_serve_goes_to_the_next_one_at_once(failure: AttemptFailed) -> None:
    following = tries_at("a", "b").after(failure)
    assert following is not None
    assert (name_of(following), following.pause_s) == ("b", 0.0)


@pytest.mark.parametrize(
    "failure",
    [
        *[refused(status, retryable=False) for status in (400, 413, 422)],
        refused(400, retryable=False, code="content_filter"),
        refused(403, retryable=False, code="content_filter"),
    ],
    ids=str,
)
def test_a_request_that_is_wrong_in_itself_is_not_tried_again(failure: AttemptFailed) -> None:
    assert tries_at("a", "b").after(failure) is None


def test_what_one_vendors_protocol_cannot_say_goes_on_to_the_next_one() -> None:
    unsaid = AttemptFailed("`logprobs` has no counterpart", outcome=Outcome.ERROR, sent=False, status=400)
    assert name_of(tries_at("a", "b").after(unsaid)) == "b"


def test_what_no_vendors_protocol_can_say_is_told_as_a_wrong_request() -> None:
    unsaid = AttemptFailed("x", outcome=Outcome.ERROR, sent=False, status=400, param="logprobs")
    tries = tries_at("a", "b")
    assert [name_of(tries.after(unsaid)) for _ in range(2)] == ["b", None]
    error = tries.error()
    assert isinstance(error, RefusedByVendor)
    assert error.param == "logprobs"


def test_an_input_that_is_too_long_goes_on_to_a_longer_context_alone() -> None:
    short, same, longer = calls_at("short"), calls_at("same"), calls_at("longer", context_tokens=20_000)
    tries = Tries((*short, *same, *longer), ends_at_s=time.monotonic() + 100)
    too_long = refused(400, retryable=False, code="context_length_exceeded")
    assert name_of(tries.after(too_long)) == "longer"
    assert tries.after(too_long) is None


def test_when_all_have_failed_for_the_moment_the_first_is_asked_again_after_a_pause() -> None:
    tries = tries_at("a", "b")
    tries.after(refused(503))
    following = tries.after(refused(500))
    assert following is not None
    assert name_of(following) == "a"
    assert 0 < following.pause_s <= 0.5


def test_two_retries_and_no_more() -> None:
    tries = tries_at("a")
    found = [tries.after(refused(500)) for _ in range(3)]
    assert [name_of(each) for each in found] == ["a", "a", None]
    assert found[1] is not None
    assert found[1].pause_s >= 0.5, "the pause doubles"


def test_the_model_says_how_many_retries_there_are() -> None:
    assert tries_at("a", traits={"retries": 0}).after(refused(500)) is None


@pytest.mark.parametrize("failure", [TIMEOUT, CUT], ids=str)
def test_what_may_be_billed_is_not_asked_again_of_the_same_model(failure: AttemptFailed) -> None:
    assert tries_at("a").after(failure) is None


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_no_moment_mends_is_not_asked_again_of_the_same_model(status: int) -> None:
    assert tries_at("a").after(refused(status, retryable=False)) is None


def test_a_retry_waits_as_long_as_the_vendor_asks() -> None:
    following = tries_at("a").after(refused(429, retry_after_s=4.0))
    assert following is not None
    assert 3.5 < following.pause_s <= 4.0


def test_nobody_waits_longer_than_the_longest_pause() -> None:
    assert tries_at("a").after(refused(429, retry_after_s=MAX_PAUSE_S + 1)) is None


def test_a_retry_comes_first_to_who_can_be_asked_soonest() -> None:
    tries = tries_at("a", "b")
    tries.after(refused(429, retry_after_s=9.0))
    assert name_of(tries.after(refused(503))) == "b"


def test_nothing_is_tried_once_the_calls_time_is_over() -> None:
    assert tries_at("a", "b", within_s=0).after(refused(500)) is None


def test_a_pause_does_not_outlast_the_calls_time() -> None:
    assert tries_at("a", within_s=0.1).after(refused(500)) is None


def test_a_dead_connection_is_used_anew_once_and_then_the_next_model_is_asked() -> None:
    dead = AttemptFailed("closed", outcome=Outcome.CUT, retryable=True, resend=True)
    tries = tries_at("a", "b")
    assert [name_of(tries.after(dead)) for _ in range(2)] == ["a", "b"]


def test_the_caller_is_told_of_what_a_later_moment_may_mend() -> None:
    tries = tries_at("a", "b", traits={"retries": 0})
    tries.after(refused(429, retry_after_s=30.0))
    tries.after(refused(401, retryable=False))
    error = tries.error()
    assert isinstance(error, VendorRateLimited)
    assert (error.retryable, error.retry_after_s) == (True, 30.0)


def test_where_any_attempt_may_be_billed_the_caller_is_not_told_to_try_again() -> None:
    tries = tries_at("a", "b", traits={"retries": 0})
    tries.after(TIMEOUT)
    tries.after(refused(503))
    error = tries.error()
    assert isinstance(error, VendorError)
    assert not error.retryable


@pytest.mark.parametrize("objection", [refused(400), refused(403, code="content_filter")], ids=str)
def test_a_request_that_is_wrong_in_itself_is_told_as_such_though_another_vendor_was_down(
    objection: AttemptFailed,
) -> None:
    tries = tries_at("a", "b")
    tries.after(refused(503))
    assert tries.after(objection) is None
    assert isinstance(tries.error(), RefusedByVendor)


def test_an_input_that_is_too_long_is_not_asked_again_of_a_context_that_is_no_longer() -> None:
    short, long = calls_at("short"), calls_at("long", context_tokens=20_000)
    tries = Tries((*short, *long), ends_at_s=time.monotonic() + 100)
    tries.after(refused(503))
    assert tries.after(refused(400, retryable=False, code="context_length_exceeded")) is None
    assert isinstance(tries.error(), ContextLengthExceeded)


def test_an_input_that_is_too_long_for_one_is_asked_again_of_a_longer_context_that_was_down() -> None:
    long, short = calls_at("long", context_tokens=20_000), calls_at("short")
    tries = Tries((*long, *short), ends_at_s=time.monotonic() + 100)
    tries.after(refused(503))
    assert name_of(tries.after(refused(400, retryable=False, code="context_length_exceeded"))) == "long"


def test_the_caller_is_told_of_the_vendor_that_can_be_asked_soonest() -> None:
    tries = tries_at("a", "b", "c", traits={"retries": 0})
    for waits_s in (90.0, 20.0, 300.0):
        tries.after(refused(429, retry_after_s=waits_s))
    error = tries.error()
    assert isinstance(error, VendorRateLimited)
    assert error.retry_after_s == 20.0


def test_the_caller_is_told_what_a_vendor_said_last() -> None:
    tries = tries_at("a", traits={"retries": 1})
    tries.after(refused(429, retry_after_s=0.5))
    tries.after(refused(429, retry_after_s=60.0))
    error = tries.error()
    assert isinstance(error, VendorRateLimited)
    assert error.retry_after_s == 60.0


def test_a_whole_answer_has_a_second_more_for_each_twenty_tokens_that_it_may_have() -> None:
    [whole] = calls_at("a")
    assert first_byte_s(whole) == FIRST_BYTE_S + 100 / 20


def test_a_stream_has_a_minute_to_begin() -> None:
    models = (model(),)
    [call] = bound_request(body(stream=True), models, policy(), count_tokens=count_tokens, hard=True).calls
    assert first_byte_s(call) == FIRST_BYTE_S == 60


def long_answer(**traits: Any) -> BoundedCall:
    """One whose first byte may take longer than a call may."""
    models = (model(traits=traits, max_output_tokens=64_000, context_tokens=200_000),)
    long = body(max_tokens=64_000)
    [call] = bound_request(long, models, policy(), count_tokens=count_tokens, hard=True).calls
    return call


@pytest.mark.parametrize(
    ("left_s", "untried", "waits_s"),
    [
        (600.0, 0, FIRST_BYTE_S + 64_000 / 20),
        (600.0, 1, 300.0),
        (600.0, 7, 75.0),
        (200.0, 7, FIRST_BYTE_S),
        (60.0, 3, 30.0),
    ],
)
def test_a_vendor_that_hangs_leaves_the_others_their_share_of_the_time(
    left_s: float, untried: int, waits_s: float
) -> None:
    assert wait_s(long_answer(), left_s=left_s, untried=untried) == waits_s


def test_no_share_makes_a_wait_longer_than_its_model_says() -> None:
    assert wait_s(long_answer(first_byte_s=5), left_s=600.0, untried=1) == 5
