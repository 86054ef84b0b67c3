"""Whole answers as chunks, and chunks as a whole answer."""

import json
from typing import Any

import pytest

from providers.openai_compatible.reshaped import MAX_CHOICES, MAX_NUMBERED, WholeAnswer, chunks_of
from tests.vendors.raw import delta


def put_together(*chunks: dict[str, Any]) -> dict[str, Any]:
    whole = WholeAnswer()
    for chunk in chunks:
        whole.add(chunk)
    decoded: dict[str, Any] = json.loads(whole.body())
    return decoded


def call(index: int, arguments: str) -> dict[str, Any]:
    return delta(tool_calls=[{"index": index, "function": {"arguments": arguments}}])


@pytest.mark.parametrize("indexes", [[0, 1], [0, 0], [7, -1], [None, "x"], [float("inf"), True]])
def test_choices_become_chunks_that_are_numbered_by_their_places(indexes: list[Any]) -> None:
    choices = [{"index": index, "message": {"content": "hi"}} for index in indexes]
    chunks = [json.loads(chunk) for chunk in chunks_of({"choices": choices})]
    assert [chunk["choices"][0]["index"] for chunk in chunks] == [0, 1]


def test_an_answer_of_many_choices_with_a_long_name_becomes_no_more_than_it_was() -> None:
    answer = {"id": "x" * 1_000_000, "model": "m", "choices": [{}] * 100_000}
    chunks = list(chunks_of(answer))
    assert len(chunks) == MAX_CHOICES
    assert sum(map(len, chunks)) < 100_000
    assert json.loads(chunks[0])["model"] == "m"


@pytest.mark.parametrize("first", ["none", 7, [], {"content": "x"}])
def test_fields_that_change_their_kind_between_chunks_do_not_end_it(first: Any) -> None:
    odd = {"choices": [{"index": 0, "logprobs": first, "message": first, "delta": first}]}
    more = delta("hi", finish="stop")
    more["choices"][0] |= {"logprobs": {"tokens": ["a"]}, "message": {"refusal": None}}
    (choice,) = put_together(odd, more)["choices"]
    assert choice["message"]["content"].endswith("hi")
    assert choice["logprobs"]["tokens"] == ["a"]


def test_tool_calls_are_put_together_by_number_up_to_a_bound() -> None:
    numbers = [*range(MAX_NUMBERED)] * 2
    (choice,) = put_together(*[call(number, f"{number},") for number in numbers])["choices"]
    calls = choice["message"]["tool_calls"]
    assert [each["function"]["arguments"] for each in calls] == [f"{n},{n}," for n in range(MAX_NUMBERED)]


@pytest.mark.timeout(30)
def test_a_long_stream_takes_no_longer_than_its_bytes() -> None:
    chunks = [call(number, "x" * 50) for number in range(30_000)]
    chunks += [delta("y" * 50)] * 100_000
    for chunk in chunks[:30_000]:
        chunk["choices"][0]["logprobs"] = {"content": [{"token": "y"}]}
    (choice,) = put_together(*chunks)["choices"]
    assert len(choice["message"]["content"]) == 50 * 100_000
    assert len(choice["logprobs"]["content"]) == 30_000
