"""Each vendor's figures as they come, whole and streamed, and what is charged for them: `fixtures/wire/usage`."""

import json
from typing import Any

import pytest

from providers.anthropic.answer import completion_of as anthropic_completion
from providers.anthropic.streamed import AnthropicStream
from providers.gemini.answer import completion_of as gemini_completion
from providers.gemini.streamed import GeminiStream
from providers.openai_compatible.answer import whole_answer
from providers.openai_compatible.final_usage import usage_of_answer
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.stated_cost import with_stated_cost
from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.traits import Traits
from providers.openai_compatible.usage import ReportedUsage
from providers.port import Usage
from tests.unit.providers.translating import a_call, framed, run
from tests.vendors.wire_app import case, cases, vector_of

NAMES = cases("usage")
STREAMED = [name for name in NAMES if case("usage", name).get("events")]
NO_HEADERS: dict[str, str] = {}


def charged(usage: Usage | None, expected: dict[str, Any]) -> dict[str, Any]:
    """The vector, in which a figure that had to be counted here is None."""
    assert usage is not None
    found = vector_of(usage, expected)
    for name, value in expected.items():
        if value is None and isinstance(found[name], int) and name.endswith("_tokens"):
            assert found[name] > 0
            found[name] = None
    return found


def whole(given: dict[str, Any]) -> Usage:
    call = a_call(given["answer"].get("model", "m"), **given.get("request", {}))
    match given["family"]:
        case "anthropic":
            return run(anthropic_completion(given["answer"], call)).usage
        case "gemini":
            return run(gemini_completion(given["answer"], call)).usage
        case "usage object":
            reported = ReportedUsage()
            reported.add(given["answer"])
            return run(usage_of_answer(call, reported, Generated(), ""))
    completion = run(whole_answer(json.dumps(given["answer"]).encode(), call, "key"))
    return with_stated_cost(completion, given.get("headers", NO_HEADERS)).usage


def streamed(given: dict[str, Any], *, size: int, times: int = 1) -> Usage | None:
    """Of the events in pieces of a size; each report of usage comes so many times."""
    call: Any = a_call(given["answer"].get("model", "m"))
    reader: Any
    match given["family"]:
        case "anthropic":
            reader = AnthropicStream(call, "key")
        case "gemini":
            reader = GeminiStream(call, "key")
        case _:
            reader = StreamedAnswer(call, "key", Traits())
    reports = {"usage", "usageMetadata", "x_groq", "timings"}
    events = [
        each for event in given["events"] for each in [event] * (1 if reports.isdisjoint(event) else times)
    ]
    body = framed(events)
    if given["family"] == "openai":
        body += b"data: [DONE]\n\n"
    chunks = [
        chunk for place in range(0, len(body), size) for chunk in reader.feed(body[place : place + size])
    ]
    chunks += run(reader.end())
    return with_stated_cost(chunks[-1], given.get("headers", NO_HEADERS)).usage


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_answer_is_charged_as_the_file_says(name: str) -> None:
    given = case("usage", name)
    assert charged(whole(given), given["usage"]) == given["usage"]


@pytest.mark.parametrize("size", [1, 1_000_000], ids=["byte by byte", "at once"])
@pytest.mark.parametrize("name", STREAMED)
def test_a_stream_is_charged_as_the_whole_answer(name: str, size: int) -> None:
    given = case("usage", name)
    assert charged(streamed(given, size=size), given["usage"]) == given["usage"]


@pytest.mark.parametrize("name", STREAMED)
def test_what_is_reported_several_times_counts_once(name: str) -> None:
    given = case("usage", name)
    assert charged(streamed(given, size=1_000_000, times=3), given["usage"]) == given["usage"]


def test_no_file_is_read_by_nobody() -> None:
    assert {case("usage", name)["family"] for name in NAMES} == {
        "openai",
        "anthropic",
        "gemini",
        "usage object",
    }
