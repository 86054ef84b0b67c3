"""A whole chat answer as a Response."""

from typing import Any

import pytest

from providers.responses.marks import opened
from providers.responses.tools import arguments_of
from tests.unit.providers.responses.chat import call, completion, whole
from tests.unit.providers.responses.sdk import check_whole

EXTRA = {"google": {"thought_signature": "s"}, "made_by": "m"}


def output(message: dict[str, Any], **asked: Any) -> list[dict[str, Any]]:
    answer = whole(completion(message), **asked)
    check_whole(answer)
    items: list[dict[str, Any]] = answer["output"]
    return items


def test_a_text_is_a_message() -> None:
    (item,) = output({"content": "Hello."})
    assert item == {
        "id": "msg_gw_abc_0",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello."}],
    }


def test_nothing_at_all_is_an_empty_message() -> None:
    (item,) = output({"content": None})
    assert item["content"][0]["text"] == ""


def test_a_refusal_is_a_part_of_the_message() -> None:
    (item,) = output({"content": None, "refusal": "No."})
    assert item["content"] == [{"type": "refusal", "refusal": "No."}]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_come_first_as_a_summary(field: str) -> None:
    thought, said = output({"content": "Hello.", field: "Hm."})
    assert thought == {
        "id": "rs_gw_abc_0",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Hm."}],
    }
    assert said["id"] == "msg_gw_abc_1"


def test_thoughts_under_two_names_are_shown_once() -> None:
    thought, _ = output({"content": "Hello.", "reasoning_content": "Hm.", "reasoning": "Hm."})
    assert thought["summary"][0]["text"] == "Hm."


def test_thoughts_and_texts_in_parts_are_told_apart() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
        {"type": "text", "text": "Hello."},
    ]
    thought, said = output({"content": parts})
    assert (thought["summary"][0]["text"], said["content"][0]["text"]) == ("Hm.", "Hello.")


def test_calls_are_items() -> None:
    first, second = output({"tool_calls": [call("c1", "look", '{"a":1}'), call("c2", "leap", "{}")]})
    assert first == {
        "id": "fc_gw_abc_0",
        "type": "function_call",
        "status": "completed",
        "call_id": "c1",
        "name": "look",
        "arguments": '{"a":1}',
    }
    assert (second["id"], second["call_id"]) == ("fc_gw_abc_1", "c2")


def test_calls_without_ids_get_some() -> None:
    calls = [{"function": {"name": name, "arguments": "{}"}} for name in ("look", "leap")]
    first, second = output({"tool_calls": calls})
    assert [first["name"], second["name"]] == ["look", "leap"]
    assert first["call_id"] != second["call_id"]


def test_a_call_of_a_custom_tool_is_one_with_a_text() -> None:
    tools = [{"type": "custom", "name": "patch"}]
    (item,) = output({"tool_calls": [call("c1", "patch", arguments_of('a "b"'))]}, tools=tools)
    assert item == {
        "id": "ctc_gw_abc_0",
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "c1",
        "name": "patch",
        "input": 'a "b"',
    }


@pytest.mark.parametrize("arguments", ["plain text", '{"text":"x"}', '{"input":1}', '{"input":"cut'])
def test_arguments_that_no_custom_tool_takes_stay_as_they_are(arguments: str) -> None:
    tools = [{"type": "custom", "name": "patch"}]
    (item,) = output({"tool_calls": [call("c1", "patch", arguments)]}, tools=tools)
    assert item["input"] == arguments


def test_what_a_call_wants_back_is_sealed_in_the_thoughts_before_it() -> None:
    calls = [call("c1", "look", "{}", extra_content=EXTRA)]
    thought, item = output({"reasoning_content": "Hm.", "tool_calls": calls})
    assert (thought["type"], item["type"]) == ("reasoning", "function_call")
    assert opened(thought["encrypted_content"]) == {"c1": EXTRA}


def test_each_call_that_wants_something_back_has_its_own_thoughts() -> None:
    calls = [call("c1", "look", "{}", extra_content=EXTRA), call("c2", "leap", "{}", extra_content=EXTRA)]
    items = output({"content": "I look.", "tool_calls": calls})
    kinds = ["message", "reasoning", "function_call", "reasoning", "function_call"]
    assert [item["type"] for item in items] == kinds
    assert opened(items[3]["encrypted_content"]) == {"c2": EXTRA}


def test_logprobs_are_with_the_text() -> None:
    other = {"token": "Hi", "logprob": -2.5, "bytes": None}
    logprobs = [{"token": "Hello", "logprob": -0.1, "bytes": [72], "top_logprobs": [other]}]
    answer = whole(completion({"content": "Hello"}, logprobs={"content": logprobs, "refusal": None}))
    check_whole(answer)
    assert answer["output"][0]["content"][0]["logprobs"] == [
        {
            "token": "Hello",
            "logprob": -0.1,
            "bytes": [72],
            "top_logprobs": [{"token": "Hi", "logprob": -2.5, "bytes": [72, 105]}],
        }
    ]


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "anything"])
def test_an_answer_that_ended_is_complete(finish: str) -> None:
    answer = whole(completion({"content": "a"}, finish=finish))
    assert (answer["status"], answer["incomplete_details"]) == ("completed", None)
    assert answer["completed_at"] >= 1


@pytest.mark.parametrize(
    ("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_an_answer_that_was_ended_is_incomplete(finish: str, reason: str) -> None:
    answer = whole(completion({"content": "a"}, finish=finish))
    check_whole(answer)
    assert (answer["status"], answer["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert answer["output"][-1]["status"] == "incomplete"
    assert answer["completed_at"] is None


def test_an_answer_cut_before_it_said_anything_has_no_items() -> None:
    assert whole(completion({"content": ""}, finish="length"))["output"] == []


def test_usage_has_every_part_inside_its_whole() -> None:
    assert whole(completion({"content": "a"}))["usage"] == {
        "input_tokens": 12,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 19,
    }


def test_the_answer_repeats_what_was_asked() -> None:
    asked = {
        "instructions": "Be brief.",
        "max_output_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.25,
        "metadata": {"a": "b"},
        "reasoning": {"effort": "low", "summary": "auto"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
        "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}],
        "tool_choice": {"type": "function", "name": "look"},
        "parallel_tool_calls": False,
        "user": "u",
        "prompt_cache_key": "k",
    }
    answer = whole(completion({"content": "a"}), **asked)
    check_whole(answer)
    for name in asked.keys() - {"text", "tools"}:
        assert answer[name] == asked[name]
    assert answer["text"] == {**asked["text"], "verbosity": "medium"}
    assert answer["tools"] == [{"description": None, "strict": None, **asked["tools"][0]}]


def test_the_answer_to_the_plainest_request_has_every_field() -> None:
    answer = whole(completion({"content": "a"}, finish="stop") | {"service_tier": "on_demand"})
    check_whole(answer)
    assert (answer["model"], answer["id"], answer["created_at"]) == (
        "small-2026",
        "resp_gw_abc",
        1_790_000_000,
    )
    assert answer["text"] == {"format": {"type": "text"}, "verbosity": "medium"}
    assert (answer["tools"], answer["tool_choice"], answer["parallel_tool_calls"]) == ([], "auto", True)
    assert (answer["store"], answer["background"], answer["truncation"]) == (False, False, "disabled")
    assert (answer["previous_response_id"], answer["error"]) == (None, None)
    assert answer["service_tier"] == "default"


def test_that_nothing_is_stored_is_said_whatever_was_asked() -> None:
    assert whole(completion({"content": "a"}), store=True)["store"] is False


def test_answers_without_an_id_have_different_ones() -> None:
    answer = completion({"content": "a"}) | {"id": ""}
    assert whole(answer)["id"] != whole(answer)["id"]
