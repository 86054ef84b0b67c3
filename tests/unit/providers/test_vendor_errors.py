import json
from typing import Any

import aiohttp
import pytest

from providers.openai_compatible.errors import MESSAGE_LENGTH, cleaned, connection_failed, refused
from providers.openai_compatible.objection import field_objected_to
from providers.port import Failure
from providers.routing.fault import Fault, fault_of

KEY = "my-own-key"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "Too many.", "type": "requests", "code": 7}},
        {"error": "Too many."},
        {"message": "Too many.", "object": "error"},
        {"detail": "Too many."},
    ],
)
def test_the_words_are_found_wherever_a_vendor_puts_them(body: dict[str, Any]) -> None:
    assert refused(429, {}, json.dumps(body).encode(), KEY).message == "status 429: Too many."


@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b"\xff", b'{"error":', b"[" * 100_000])
def test_a_body_without_words_is_left_out(body: bytes) -> None:
    assert refused(502, {}, body, KEY).message == "status 502: no reason given"


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "sk-proj-1234567890abcdef",
        "sk-abcd****************wxyz",
        "Bearer eyJhbGciOi.payload.sig",
        "gsk_0123456789",
        "xai-0123456789",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_nothing_that_looks_like_a_key_gets_out(secret: str) -> None:
    assert cleaned(f"The key {secret} is wrong.", KEY) == "The key [removed] is wrong."


@pytest.mark.parametrize("words", ["api_version is unknown", "max_tokens must be positive", "key_name"])
def test_words_that_are_no_keys_stay(words: str) -> None:
    assert cleaned(words, KEY) == words


def test_a_message_is_one_bounded_line() -> None:
    assert cleaned("one\r\ntwo\x00three\u2028four", "") == "one two three four"
    assert len(cleaned("word " * 1_000, "")) == MESSAGE_LENGTH + 3


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("-4", 0.0),
        ("99999", 3_600.0),
        ("inf", 3_600.0),
        ("nan", None),
        ("soon", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2815 07:28:00 GMT", 3_600.0),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    assert refused(429, {"retry-after": header}, b"", KEY).retry_after_s == seconds


def test_retry_after_in_milliseconds_counts_more() -> None:
    headers = {"retry-after": "1", "retry-after-ms": "250"}
    assert refused(429, headers, b"", KEY).retry_after_s == 0.25


def test_a_vendor_that_says_so_is_not_asked_again() -> None:
    assert refused(500, {}, b"", KEY).retryable
    assert not refused(500, {"x-should-retry": "false"}, b"", KEY).retryable


SAID_BY_400: dict[str, tuple[int, dict[str, Any], int]] = {
    "wrong key": (400, {"error": "Incorrect API key provided: xa***ab."}, 401),
    "country": (400, {"error": {"message": "no", "code": 400, "status": "FAILED_PRECONDITION"}}, 403),
    "rate": (413, {"error": {"message": "Request too large", "code": "rate_limit_exceeded"}}, 429),
    "request": (400, {"error": {"message": "The API key `x` of the tool is no string"}}, 400),
    "a caller's server": (400, {"error": {"message": "The tool said: Invalid API key"}}, 400),
    "large": (413, {"error": {"message": "Request too large", "type": "request_too_large"}}, 413),
}


@pytest.mark.parametrize("case", SAID_BY_400)
def test_what_is_wrong_at_one_vendor_has_the_status_that_others_have_for_it(case: str) -> None:
    status, body, meant = SAID_BY_400[case]
    assert refused(status, {}, json.dumps(body).encode(), KEY).status == meant


def test_no_part_of_a_key_is_told_by_a_vendor_that_refuses_it_as_a_wrong_request() -> None:
    body = b'{"error": "Incorrect API key provided: xa***ab."}'
    assert "xa***ab" not in refused(400, {}, body, KEY).message


@pytest.mark.parametrize("code", ["tool_use_failed", "json_validate_failed"])
def test_what_groqs_model_wrote_in_vain_is_no_fault_of_the_vendor_nor_of_the_request(code: str) -> None:
    error = refused(400, {}, json.dumps({"error": {"message": "no", "code": code}}).encode(), KEY)
    assert (error.code, fault_of(error)) == ("generation_failed", Fault.REQUEST_REFUSED)


def test_a_field_of_the_gateways_own_that_a_model_does_not_take_is_learnt_whatever_the_code() -> None:
    said = {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "param": "max_tokens",
    }
    error = refused(400, {}, json.dumps({"error": {**said, "code": "unsupported_parameter"}}).encode(), KEY)
    assert field_objected_to(error, ["max_tokens"]) == "max_tokens"


def test_a_refused_content_says_nothing_of_the_vendor() -> None:
    body = b'{"code": "no permission", "error": "Content violates usage guidelines."}'
    error = refused(403, {}, body, KEY)
    assert (error.code, fault_of(error)) == ("content_filter", Fault.REQUEST_REFUSED)


@pytest.mark.parametrize(
    "sentence",
    [
        "For this model max_tokens is no longer supported, use max_completion_tokens",
        "The model `x` does not support this parameter",
    ],
)
def test_a_field_that_a_model_does_not_take_is_no_missing_model(sentence: str) -> None:
    assert refused(400, {}, json.dumps({"error": {"message": sentence}}).encode(), KEY).code is None


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("Thu, 22 Oct 2015 07:28:00 GMT", 3_600.0),
    ],
)
def test_a_date_of_retry_after_is_read_against_the_answers_own(until: str, seconds: float) -> None:
    headers = {"retry-after": until, "date": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert refused(503, headers, b"", KEY).retry_after_s == seconds


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (aiohttp.ConnectionTimeoutError(), Failure.UNREACHABLE),
        (aiohttp.SocketTimeoutError(), Failure.TIMEOUT),
        (TimeoutError(), Failure.TIMEOUT),
        (aiohttp.ServerDisconnectedError(), Failure.CUT),
        (aiohttp.ClientOSError(104, "Connection reset by peer"), Failure.CUT),
        (aiohttp.ClientPayloadError("not all of it"), Failure.CUT),
        (aiohttp.InvalidURL("x"), Failure.UNREACHABLE),
    ],
)
def test_how_a_broken_connection_counts(error: Exception, failure: Failure) -> None:
    assert connection_failed(error).failure is failure


@pytest.mark.parametrize(
    ("param", "passed"),
    [("messages[0].role", "messages[0].role"), (None, None), (7, None), ("", None), ("x" * 500, "[removed]")],
)
def test_the_field_that_a_vendor_objects_to_is_passed_on(param: object, passed: str | None) -> None:
    body = json.dumps({"error": {"message": "no", "param": param}}).encode()
    assert refused(400, {}, body, "key").param == passed


LONG_KEY = "Zq7.pLx/W3v+N0"


@pytest.mark.parametrize("before", ["x " * 60, "blank " * 49, " " * 1_990, "x " * 598])
def test_no_half_of_a_key_is_left_where_a_text_is_cut(before: str) -> None:
    text = before + LONG_KEY
    for body in (text.encode(), json.dumps({"error": {"message": text, "param": text}}).encode()):
        error = refused(400, {}, body, LONG_KEY)
        assert LONG_KEY[:4] not in error.message
        assert LONG_KEY[:4] not in (error.param or "")
