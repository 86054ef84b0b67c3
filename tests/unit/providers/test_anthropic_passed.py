"""What is in Anthropic's own protocol passes through as it came, and is charged as the translation charges it."""

import copy
import json
from types import SimpleNamespace
from typing import Any

import pytest

from providers.anthropic.passed_answer import PassedStream, count_in, passed_completion
from providers.anthropic.passed_request import counted_request, header_lines, passed_request
from providers.anthropic.streamed import AnthropicStream
from providers.messages.carried import carrying
from providers.port import Chunk, EstimateReason, Failure, ProviderError
from tests.unit.providers.messages.accumulating import accumulated
from tests.unit.providers.translating import ANTHROPIC, a_call, charged, framed, run
from tests.vendors.wire_app import case, cases

MODEL = "claude-sonnet-5"


def passed(model: str = MODEL, **fields: Any) -> Any:
    call = a_call(model, **fields)
    return SimpleNamespace(**{**vars(call), "protocol": "messages", "headers": {}})


def sent(*, streamed: bool = False, **fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(passed_request(passed(**fields), streamed=streamed))
    return body


def read(stream: PassedStream, *pieces: bytes) -> list[Chunk]:
    chunks = [chunk for piece in pieces for chunk in stream.feed(piece)]
    return chunks + run(stream.end())


def streamed(events: list[dict[str, Any]], **fields: Any) -> list[Chunk]:
    return read(PassedStream(passed(**fields), "key"), framed(events))


def datas(chunks: list[Chunk]) -> list[dict[str, Any]]:
    return [json.loads(chunk.data) for chunk in chunks if chunk.data]


def test_a_request_differs_in_its_tier_alone() -> None:
    call = passed(system="s", temperature=0.3, thinking={"type": "adaptive"}, a_new_field=[1])
    assert json.loads(passed_request(call, streamed=False)) == {**call.body, "service_tier": "standard_only"}


@pytest.mark.parametrize(
    ("tier", "expected"),
    [("auto", "standard_only"), ("standard_only", "standard_only"), ("priority", "priority")],
)
def test_a_tier_that_the_caller_names_stays(tier: str, expected: str) -> None:
    assert sent(service_tier=tier)["service_tier"] == expected


@pytest.mark.parametrize(("fields", "expected"), [({}, "global"), ({"inference_geo": "us"}, "us")])
def test_a_place_that_the_caller_names_stays(fields: dict[str, str], expected: str) -> None:
    made = passed_request(passed(**fields), streamed=False, anywhere=True)
    assert json.loads(made)["inference_geo"] == expected


def test_a_request_without_edits_is_sent_byte_for_byte() -> None:
    call = passed(service_tier="standard_only", stream=True)
    assert passed_request(call, streamed=True) is call.payload


def test_the_form_of_the_answer_is_the_one_that_is_wanted() -> None:
    assert sent(streamed=True)["stream"] is True
    assert sent(stream=True)["stream"] is False


def test_blocks_of_other_vendors_do_not_reach_it() -> None:
    own = {"type": "redacted_thinking", "data": "b3du"}
    turns = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [own, carrying("a", {"google": {}}), {"type": "text", "text": "x"}]},
    ]
    kinds = [block.get("data", "x") for block in sent(messages=turns)["messages"][1]["content"]]
    assert kinds == ["b3du", "x"]


def test_what_is_counted_is_the_input_alone() -> None:
    call = passed(system="s", stream=True, temperature=1, metadata={"user_id": "u"}, tools=[{"name": "x"}])
    assert set(json.loads(counted_request(call))) == {"model", "messages", "system", "tools"}


def test_the_callers_version_and_betas_are_sent() -> None:
    assert header_lines({"anthropic-version": "2026-10-21", "anthropic-beta": "a,b"}, "2023-06-01") == (
        "anthropic-version: 2026-10-21\r\nanthropic-beta: a,b\r\n"
    )
    assert header_lines({"x-other": "1"}, "2023-06-01") == "anthropic-version: 2023-06-01\r\n"


@pytest.mark.parametrize("value", ["a\r\nx-api-key: other", "ü", "b" * 5_000])
def test_a_header_that_cannot_be_sent_is_refused(value: str) -> None:
    with pytest.raises(ProviderError) as caught:
        header_lines({"anthropic-beta": value}, "2023-06-01")
    assert (caught.value.param, caught.value.status) == ("anthropic-beta", 400)


@pytest.mark.parametrize("name", cases("anthropic"))
def test_a_whole_answer_passes_as_it_came_and_costs_what_it_says(name: str) -> None:
    given = case("anthropic", name)
    body = json.dumps(given["answer"], ensure_ascii=False, indent=1).encode()
    completion = run(passed_completion(body, passed(), "key"))
    assert completion.body == body
    assert charged(completion.usage) == given["usage"]


@pytest.mark.parametrize("name", cases("anthropic"))
def test_a_stream_passes_as_it_came_and_costs_what_it_says(name: str) -> None:
    given = case("anthropic", name)
    chunks = streamed(given["events"])
    assert [chunk.data for chunk in chunks] == [
        json.dumps(event, ensure_ascii=False).encode()
        for event in given["events"]
        if event["type"] != "message_stop"
    ] + [b'{"type":"message_stop"}']
    assert charged(chunks[-2].usage) == given["usage"]
    assert [chunk.usage for chunk in chunks].count(None) == len(chunks) - 1
    assert {chunk.model for chunk in chunks} == {given["answer"]["model"]}


@pytest.mark.parametrize("name", [name for name in cases("usage") if name.startswith("anthropic")])
def test_samplings_of_other_models_are_charged_as_in_the_translation(name: str) -> None:
    given = case("usage", name)
    translated = ANTHROPIC.streamed(given["events"])[-1].usage
    assert streamed(given["events"])[-2].usage == translated
    completion = run(passed_completion(json.dumps(given["answer"]).encode(), passed(), "key"))
    assert completion.usage == ANTHROPIC.whole_of(given["answer"])[1]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_in_pieces_is_the_same(size: int) -> None:
    events = case("anthropic", "tools")["events"]
    data = framed(events)
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert read(PassedStream(passed(), "key"), *pieces) == streamed(events)


def test_the_charge_is_known_before_message_stop_and_nothing_comes_between() -> None:
    events = case("anthropic", "text")["events"]
    stream = PassedStream(passed(), "key")
    before = list(stream.feed(framed(events[:-1])))
    assert json.loads(before[-1].data)["type"] != "message_delta"
    assert stream.is_complete
    assert not stream.done
    assert list(stream.feed(framed(events[-1:]))) == []
    assert stream.done
    kinds = [event["type"] for event in datas(run(stream.end()))]
    assert kinds == ["message_delta", "message_stop"]


def test_a_ping_does_not_wait_and_an_earlier_message_delta_goes_before_what_follows_it() -> None:
    events = case("anthropic", "text")["events"]
    early = {"type": "message_delta", "delta": {"stop_reason": None}, "usage": {"output_tokens": 2}}
    ping = {"type": "ping"}
    given = [events[0], early, ping, *events[1:]]
    found = datas(streamed(given))
    assert [event["type"] for event in found[:4]] == [
        "message_start",
        "ping",
        "message_delta",
        "content_block_start",
    ]
    assert found[-2] == events[-2]


def test_a_stream_without_message_stop_gets_one() -> None:
    events = case("anthropic", "text")["events"]
    assert datas(streamed(events[:-1])) == datas(streamed(events))


def test_an_end_without_usage_gets_what_was_counted_here() -> None:
    events = copy.deepcopy(case("anthropic", "text")["events"])
    del events[0]["message"]["usage"], events[-2]["usage"]
    chunks = streamed(events)
    usage = chunks[-2].usage
    assert usage is not None
    assert usage.estimate_reason == EstimateReason.MISSING
    assert usage.output_tokens
    assert json.loads(chunks[-2].data)["usage"]["output_tokens"] == usage.output_tokens


@pytest.mark.parametrize("last", ["missing", {}, {"output_tokens": 0}, "no message_delta"])
def test_the_first_token_that_message_start_reports_is_not_all_that_was_generated(last: Any) -> None:
    events = copy.deepcopy(case("anthropic", "text")["events"])
    events[0]["message"]["usage"]["output_tokens"] = 1
    if last == "no message_delta":
        del events[-2]
    elif last == "missing":
        del events[-2]["usage"]
    else:
        events[-2]["usage"] = last
    translated = AnthropicStream(a_call(MODEL), "key")
    chunks = [*translated.feed(framed(events)), *run(translated.end())]
    for usage in (streamed(events)[-2].usage, chunks[-1].usage):
        assert usage is not None
        assert usage.estimate_reason == EstimateReason.MISSING
        assert (usage.input_tokens, (usage.output_tokens or 0) > 5) == (12, True)


def test_input_that_was_not_reported_is_counted_with_the_system_prompt_and_the_tools() -> None:
    events = copy.deepcopy(case("anthropic", "text")["events"])
    del events[0]["message"]["usage"], events[-2]["usage"]

    def counted(**fields: Any) -> int:
        usage = streamed(events, **fields)[-2].usage
        assert usage is not None
        assert usage.input_tokens is not None
        return usage.input_tokens

    block = {"type": "tool_use", "id": "a", "name": "x", "input": {"city": "Oslo"}}
    turns = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": [block]}]
    tools = [{"name": "x", "description": "word " * 50, "input_schema": {"type": "object"}}]
    assert counted(system="word " * 50) > counted() + 40
    assert counted(tools=tools) > counted() + 40
    assert counted(messages=turns) > counted()


@pytest.mark.parametrize("place", [1, 4, -2])
def test_a_cut_stream_is_charged_as_in_the_translation(place: int) -> None:
    events = case("anthropic", "text")["events"][:place]
    fields: dict[str, Any] = {"max_tokens": 700, "thinking": {"type": "adaptive"}}
    stream = PassedStream(passed(**fields), "key")
    with pytest.raises(ProviderError) as caught:
        read(stream, framed(events))
    other = ANTHROPIC.reader(**fields)
    list(other.feed(framed(events)))
    assert caught.value.failure is Failure.CUT
    assert run(stream.came()) == run(other.came())


def test_of_a_model_that_does_not_think_a_cut_stream_is_charged_what_came() -> None:
    stream = PassedStream(passed(max_tokens=700, thinking={"type": "disabled"}), "key")
    list(stream.feed(framed(case("anthropic", "text")["events"][:-3])))
    usage = run(stream.came())
    assert usage is not None
    assert usage.output_tokens is not None
    assert 6 <= usage.output_tokens <= 15


def test_an_error_before_the_message_begins_is_a_refusal_and_after_it_a_cut() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with pytest.raises(ProviderError) as caught:
        streamed([error])
    assert (caught.value.failure, caught.value.status) == (Failure.REFUSED, 529)
    with pytest.raises(ProviderError) as caught:
        streamed([*case("anthropic", "text")["events"][:3], error])
    assert caught.value.failure is Failure.CUT


def test_nothing_after_the_end_takes_anything_back() -> None:
    events = case("anthropic", "text")["events"]
    late = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert datas(streamed([*events[:-1], late, events[-1]])) == datas(streamed(events))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"content": null}', b'{"type": "message", "content": "text"}']
)
def test_what_is_no_answer_is_none(body: bytes) -> None:
    with pytest.raises(ProviderError) as caught:
        run(passed_completion(body, passed(), "key"))
    assert caught.value.failure is Failure.CUT


def test_an_error_with_a_status_of_success_is_an_error() -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    with pytest.raises(ProviderError) as caught:
        run(passed_completion(body, passed(), "key"))
    assert (caught.value.failure, caught.value.status) == (Failure.REFUSED, 529)


def test_a_count_is_read() -> None:
    assert count_in(b'{"input_tokens": 7, "more": 1}') == 7


@pytest.mark.parametrize("body", [b"", b"{}", b'{"input_tokens": -1}', b'{"input_tokens": true}', b"[7]"])
def test_what_is_no_count_is_none(body: bytes) -> None:
    with pytest.raises(ProviderError):
        count_in(body)


def test_the_sdk_puts_a_passed_stream_together() -> None:
    given = case("anthropic", "tools")
    message = accumulated(datas(streamed(given["events"])))
    assert [block["type"] for block in message["content"]] == [
        block["type"] for block in given["answer"]["content"]
    ]
