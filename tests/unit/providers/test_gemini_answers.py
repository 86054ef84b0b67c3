"""Gemini's answers in OpenAI's shape. What the files of fixtures/wire say is in `test_recorded_answers.py`."""

import copy
import json
from typing import Any

import pytest

from providers.gemini.answer import FINISH
from providers.gemini.request import request_of
from providers.gemini.streamed import GeminiStream
from providers.gemini.usage import GeminiFigures
from providers.port import EstimateReason, Failure, ProviderError
from tests.unit.providers.translating import (
    GEMINI,
    a_call,
    framed,
    read,
    run,
)
from tests.vendors.gemini_app import lacks_signature, problem_of
from tests.vendors.wire_app import case

MODEL, whole_of, streamed = GEMINI.model, GEMINI.whole_of, GEMINI.streamed


@pytest.mark.parametrize("name", ["tools", "tools_with_ids"])
def test_calls_go_back_as_they_came_signed_and_with_the_ids_that_the_vendor_gave(name: str) -> None:
    given = case("gemini", name)
    message = whole_of(given["answer"])[0]["choices"][0]["message"]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": "fine"} for call in message["tool_calls"]
    ]
    messages = [{"role": "user", "content": "hello"}, message, *reversed(results)]
    sent = json.loads(request_of(a_call(MODEL, messages=messages)))
    parts = [part for part in given["answer"]["candidates"][0]["content"]["parts"] if not part.get("thought")]
    assert sent["contents"][1]["parts"] == parts
    assert problem_of(sent) is None


def test_a_call_that_another_model_made_is_sent_without_its_signature_and_with_the_word_for_that() -> None:
    message = whole_of(case("gemini", "tools")["answer"])[0]["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": each["id"], "content": "x"} for each in message["tool_calls"]]
    messages = [{"role": "user", "content": "hello"}, message, *results]
    sent = json.loads(request_of(a_call("gemini-3-flash-preview", messages=messages)))
    signatures = [
        part.get("thoughtSignature") for part in sent["contents"][1]["parts"] if "functionCall" in part
    ]
    assert signatures == ["skip_thought_signature_validator", None, None]
    assert not lacks_signature(sent)


def test_choices_that_come_in_turns_stay_apart() -> None:
    def event(index: int, text: str, finish: str | None = None) -> dict[str, Any]:
        candidate = {"index": index, "content": {"role": "model", "parts": [{"text": text}]}}
        return {"candidates": [candidate | ({"finishReason": finish} if finish else {})]}

    events = [event(0, "a"), event(1, "x"), event(0, "b", "STOP"), event(1, "y", "MAX_TOKENS")]
    events[-1]["usageMetadata"] = {"promptTokenCount": 5, "candidatesTokenCount": 4, "totalTokenCount": 9}
    decoded = [json.loads(chunk.data) for chunk in streamed(events, n=2)]
    choices = [choice for each in decoded for choice in each["choices"]]
    said = {
        index: "".join(each["delta"].get("content", "") for each in choices if each["index"] == index)
        for index in (0, 1)
    }
    assert said == {0: "ab", 1: "xy"}
    assert [(each["index"], each["finish_reason"]) for each in choices if each["finish_reason"]] == [
        (0, "stop"),
        (1, "length"),
    ]


def test_a_choice_that_says_more_after_its_end_is_ended_once_and_last() -> None:
    events = copy.deepcopy(case("gemini", "tools")["events"])
    events[3]["candidates"][0]["finishReason"] = "STOP"
    chunks = streamed(events)
    finishes = [json.loads(chunk.data)["choices"][0]["finish_reason"] for chunk in chunks[:-1]]
    assert finishes == [None] * (len(finishes) - 1) + ["tool_calls"]


@pytest.mark.parametrize(("fields", "output"), [({"reasoning_effort": "low"}, 700), ({}, 700)])
def test_a_stream_that_ends_before_its_answer_is_charged_for_what_may_have_been_thought(
    fields: dict[str, Any], output: int
) -> None:
    stream = GeminiStream(a_call(MODEL, max_tokens=700, **fields), "key")
    with pytest.raises(ProviderError) as caught:
        read(stream, [framed(case("gemini", "text")["events"][:2])])
    usage = run(stream.came())
    assert caught.value.failure is Failure.CUT
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.estimate_reason) == (12, output, "cut")


def test_of_a_model_that_does_not_think_a_cut_stream_is_charged_what_was_reported() -> None:
    stream = GeminiStream(a_call("gemini-2.5-flash", max_tokens=700, reasoning_effort="none"), "key")
    events = copy.deepcopy(case("gemini", "text")["events"][:2])
    events[1]["usageMetadata"]["candidatesTokenCount"] = 55
    with pytest.raises(ProviderError):
        read(stream, [framed(events)])
    usage = run(stream.came())
    assert usage is not None
    assert usage.output_tokens == 55


def test_figures_of_a_stream_are_never_added() -> None:
    event = case("gemini", "text")["answer"]
    going_on = {**event, "candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}}]}
    usage = streamed([going_on] * 10 + [event])[-1].usage
    assert (usage.input_tokens, usage.output_tokens, usage.estimate_reason) == (12, 6, "")


def test_a_figure_that_is_said_smaller_later_counts_at_its_largest() -> None:
    events = copy.deepcopy(case("gemini", "tools")["events"])
    events[-1]["usageMetadata"] = {
        "promptTokenCount": 3,
        "candidatesTokenCount": 126,
        "thoughtsTokenCount": 84,
    }
    usage = streamed(events)[-1].usage
    assert (usage.input_tokens, usage.output_tokens) == (472, 210)


def usage_with(**figures: Any) -> Any:
    answer = copy.deepcopy(case("gemini", "text")["answer"])
    answer["usageMetadata"] = figures
    return whole_of(answer)[1]


@pytest.mark.parametrize(
    ("figures", "charge"),
    [
        ({"promptTokenCount": 10, "candidatesTokenCount": 6, "totalTokenCount": 30}, (10, 20)),
        ({"promptTokenCount": 10, "candidatesTokenCount": 6, "totalTokenCount": 12}, (10, 6)),
        (
            {
                "promptTokenCount": 10,
                "candidatesTokenCount": 6,
                "thoughtsTokenCount": 4,
                "totalTokenCount": 16,
            },
            (10, 10),
        ),
        (
            {
                "promptTokenCount": 10,
                "cachedContentTokenCount": 50,
                "candidatesTokenCount": 6,
                "totalTokenCount": 16,
            },
            (60, 6),
        ),
    ],
)
def test_figures_that_contradict_each_other_count_at_the_larger_reading(
    figures: dict[str, int], charge: tuple[int, int]
) -> None:
    usage = usage_with(**figures)
    assert (usage.input_tokens, usage.output_tokens) == charge
    assert usage.estimate_reason == EstimateReason.CONTRADICTORY
    assert json.loads(usage.reported) == figures


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ({"serviceTier": "unspecified"}, "standard"),
        ({"serviceTier": "PRIORITY"}, "priority"),
        ({"trafficType": "ON_DEMAND"}, ""),
        ({"trafficType": "ON_DEMAND_FLEX"}, "flex"),
        ({"trafficType": "ON_DEMAND_PRIORITY", "serviceTier": "priority"}, "priority"),
        ({"trafficType": "PROVISIONED_THROUGHPUT"}, "standard+provisioned_throughput"),
        ({"trafficType": 7, "serviceTier": None}, ""),
    ],
)
def test_the_tier_is_read_from_either_of_its_names(said: dict[str, Any], tier: str) -> None:
    figures = GeminiFigures()
    figures.add({"promptTokenCount": 1, **said})
    assert figures.extras.tier(figures.tier) == tier


def test_text_without_a_figure_is_counted_here() -> None:
    usage = usage_with(promptTokenCount=10, totalTokenCount=10)
    assert usage.estimate_reason == EstimateReason.MISSING
    assert usage.output_tokens > 5


@pytest.mark.parametrize(
    ("word", "finish"),
    [
        *FINISH.items(),
        ("IMAGE_OTHER", "content_filter"),
        ("STOP", "stop"),
        ("MALFORMED_FUNCTION_CALL", "stop"),
        ("NEW", "stop"),
    ],
)
def test_why_an_answer_ended(word: str, finish: str) -> None:
    answer = copy.deepcopy(case("gemini", "text")["answer"])
    answer["candidates"][0]["finishReason"] = word
    assert whole_of(answer)[0]["choices"][0]["finish_reason"] == finish


def test_a_picture_that_googles_filters_kept_back_is_told_as_filtered() -> None:
    for word in ("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER"):
        assert FINISH[word] == "content_filter"


def test_a_picture_that_nobody_can_count_is_charged_as_held() -> None:
    answer = copy.deepcopy(case("gemini", "text")["answer"])
    answer["candidates"][0]["content"]["parts"] = [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]
    del answer["usageMetadata"]
    assert whole_of(answer)[1].output_tokens is None


@pytest.mark.parametrize("answer", [{}, {"candidates": []}, {"candidates": "x"}, {"promptFeedback": {}}])
def test_an_answer_without_candidates_is_none(answer: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        whole_of(answer)
    assert caught.value.failure is Failure.CUT


def test_an_answer_without_candidates_that_reports_its_usage_costs_that() -> None:
    answer = {"usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}, "modelVersion": MODEL}
    with pytest.raises(ProviderError) as caught:
        whole_of(answer)
    with pytest.raises(ProviderError) as of_stream:
        streamed([answer], reasoning_effort="high")
    for error in (caught.value, of_stream.value):
        assert error.usage is not None
        assert (error.usage.input_tokens, error.usage.output_tokens) == (5, 0)
        assert error.usage.estimate_reason == EstimateReason.NONE
