"""Streams in odd framings and with odd ends, byte by byte and as a whole."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from providers.openai_compatible.answer import is_event_stream
from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.traits import KNOWN, Traits
from providers.port import Completion, EstimateReason, Failure, ProviderError
from tests.unit.providers.reading import CALL, Streamed, decoded, streamed, whole
from tests.vendors.odd_values import KEY
from tests.vendors.raw import delta, events, usage
from tests.vendors.raw import whole as answer_of

ANSWER = answer_of(id="c-1").body
STREAM = events(delta("hello "), delta("there"), delta(finish="stop"), usage(9, 2)).body
IN_LISTS = events([delta("hello ")], [delta("there", finish="stop")]).body


def of(*data: Any, done: bool = True) -> Streamed:
    return streamed([events(*data, done=done).body])


def said(given: Streamed) -> str:
    chunks = [decoded(chunk.data) for chunk in given.chunks if chunk.data]
    return "".join(choice["delta"].get("content", "") for chunk in chunks for choice in chunk["choices"])


def test_an_event_over_several_lines_is_sent_on_as_one_line() -> None:
    given = streamed([STREAM.replace(b', "choices"', b',\ndata: "choices"')])
    assert said(given) == "hello there"
    assert not any(b"\n" in chunk.data for chunk in given.chunks)


@pytest.mark.parametrize("done", [b"[DONE] ", b" [DONE]", b'"[DONE]"', b"[done]", b"[DONE]}", b"[DONE] bye"])
def test_whatever_begins_with_the_end_is_the_end(done: bytes) -> None:
    given = streamed([b"data: " + json.dumps(delta("hi")).encode() + b"\n\ndata: " + done + b"\n\n"])
    assert (said(given), given.failed) == ("hi", None)


@pytest.mark.parametrize("end", [b"\n\n", b""])
def test_nothing_after_the_end_is_sent_on_or_charged(end: bytes) -> None:
    late = json.dumps(delta("late") | {"usage": {"prompt_tokens": 99, "completion_tokens": 99}}).encode()
    given = streamed([STREAM + b"data: " + late + end])
    assert said(given) == "hello there"
    assert given.usage is not None
    assert (given.usage.input_tokens, given.usage.output_tokens) == (9, 2)


@pytest.mark.parametrize("options", [None, {"include_usage": False}, {"include_usage": True}])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_who_did_not_ask_for_usage_is_not_told_that_it_will_come(
    options: dict[str, bool] | None, separators: tuple[str, str]
) -> None:
    said_to = SimpleNamespace(**{**vars(CALL), "asked": {**CALL.asked, "stream_options": options}})
    quoting = 'a tool wrote ,"usage":null'
    chunks = [delta("hello ") | {"usage": None}, delta(quoting) | {"usage": None}, usage(9, 2)]
    body = [f"data: {json.dumps(each, separators=separators)}\n\n".encode() for each in chunks]
    shown = [decoded(chunk.data) for chunk in StreamedAnswer(said_to, KEY, Traits()).feed(b"".join(body))]
    asks = bool(options and options["include_usage"])
    assert ["usage" in chunk for chunk in shown if chunk["choices"]] == [asks, asks]
    assert shown[1]["choices"][0]["delta"]["content"] == quoting


def test_the_last_words_count_that_come_with_an_error() -> None:
    given = of(delta("three little words") | {"error": {"message": "boom", "code": 400}})
    assert given.failed is not None
    assert given.failed.failure is Failure.CUT
    assert given.usage is not None
    assert given.usage.output_tokens is not None
    assert 3 <= given.usage.output_tokens <= 5
    assert given.usage.estimate_reason == EstimateReason.CUT


ERROR = {"code": 502, "message": "Provider disconnected"}


def test_an_error_in_a_choice_that_said_nothing_is_a_refusal() -> None:
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error", "error": ERROR}
    given = of(delta(), {"choices": [choice]})
    assert given.failed is not None
    assert (given.failed.failure, given.failed.status) == (Failure.REFUSED, 502)
    assert "Provider disconnected" in given.failed.message


def test_an_error_in_a_choice_ends_what_it_had_begun() -> None:
    choice = {"index": 0, "delta": {"content": " more"}, "finish_reason": "stop", "error": ERROR}
    given = of(delta("three little words"), {"choices": [choice]})
    assert given.failed is not None
    assert given.failed.failure is Failure.CUT
    assert given.usage is not None
    assert given.usage.estimate_reason == EstimateReason.CUT


def test_an_error_in_a_choice_after_its_end_takes_nothing_back() -> None:
    late = {"choices": [{"index": 0, "delta": {}, "error": ERROR}]}
    given = of(delta("hello"), delta(finish="stop"), late, usage(9, 2))
    assert (said(given), given.failed) == ("hello", None)


def test_of_openrouter_a_choice_that_ends_with_an_error_is_no_answer() -> None:
    reader = StreamedAnswer(CALL, "key", KNOWN["openrouter"])
    with pytest.raises(ProviderError) as caught:
        list(reader.feed(events(delta(finish="error")).body))
    assert caught.value.failure is Failure.REFUSED


def test_a_stream_that_holds_nothing_but_its_end_is_no_answer() -> None:
    given = streamed([b": hello\n\ndata: [DONE]\n\n"])
    assert given.failed is not None
    assert given.failed.failure is Failure.CUT


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_events_in_another_encoding_are_sent_on_in_utf_8(encoding: str) -> None:
    event = json.dumps(delta("hé", finish="stop"), ensure_ascii=False).encode(encoding)
    given = streamed([b"data: " + event + b"\n\ndata: [DONE]\n\n"])
    assert said(given) == "hé"


def test_half_of_a_surrogate_pair_in_raw_bytes_is_sent_on_as_its_escape() -> None:
    given = streamed([STREAM.replace(b"there", b"\xed\xa0\xbd")])
    assert b"\\ud83d" in given.as_sent
    assert said(given) == "hello \ud83d"


def test_an_answer_in_a_list_is_sent_on_without_it() -> None:
    given = of([delta("hi", finish="stop")])
    assert said(given) == "hi"


@pytest.mark.parametrize("form", [STREAM, ANSWER], ids=["stream", "whole"])
def test_bytes_that_are_no_text_are_replaced_where_nobody_reads_them(form: bytes) -> None:
    body = form.replace(b'"c-1"', b'"\xff"')
    given, as_whole = streamed([body]), whole(body)
    assert (given.failed, said(given)) == (None, "hello there")
    assert isinstance(as_whole, Completion)
    assert decoded(as_whole.body)["id"] == "\ufffd"


def test_an_integer_of_thousands_of_digits_ends_no_stream() -> None:
    given = streamed([STREAM.replace(b'"c-1"', b"9" * 5_000).replace(b'"usage"', b'"other"')])
    assert (given.failed, said(given)) == (None, "hello there")
    assert b'"usage":{"prompt_tokens"' in given.chunks[-1].data


@pytest.mark.parametrize(
    "form", [STREAM, IN_LISTS, ANSWER, b"[%b]" % ANSWER], ids=["stream", "in lists", "whole", "in a list"]
)
def test_nesting_of_any_depth_ends_in_an_answer_or_a_defined_error(form: bytes) -> None:
    for depth in range(800, 1_000):  # somewhere here one decoder after the other gives up
        body = form.replace(b'"c-1"', b'{"a":' * depth + b"1" + b"}" * depth).replace(b'"usage"', b'"other"')
        assert isinstance(whole(body), Completion | ProviderError)
        assert isinstance(streamed([body]), Streamed)


@pytest.mark.parametrize("start", [b"\xef", b"\xef\xbb\xbf", b"\xef\xbb\xbfd", b"", b"\n", b"dat", b":"])
def test_a_stream_that_has_hardly_begun_is_not_told_yet(start: bytes) -> None:
    assert is_event_stream(start) is None


def test_a_stream_that_begins_with_a_mark_is_one_in_pieces_too() -> None:
    body = b"\xef\xbb\xbf" + STREAM
    given = streamed([body[place : place + 1] for place in range(len(body))])
    assert given.chunks == streamed([STREAM]).chunks


def test_a_plain_caller_gets_all_of_a_stream_with_odd_fields() -> None:
    first, second = delta("a"), delta("b", finish="stop")
    first["choices"][0] |= {"logprobs": "none", "message": "m"}
    second["choices"][0] |= {"logprobs": {"content": [{"token": "b"}]}}
    given = whole(events(first, second).body)
    assert isinstance(given, Completion)
    (choice,) = json.loads(given.body)["choices"]
    assert (choice["message"]["content"], choice["logprobs"]) == ("ab", {"content": [{"token": "b"}]})
