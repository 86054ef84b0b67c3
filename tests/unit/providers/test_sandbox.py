import asyncio
import time
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from metering.ports import Progress
from providers.port import Failure, ProviderError
from providers.registry import ProviderConfig, make_provider
from providers.sandbox.provider import SandboxProvider


def call(text: str = "hello", *, timeout_s: float = 5, **fields: Any) -> Any:
    body = {"model": "small", "messages": [{"role": "user", "content": text}], **fields}
    return SimpleNamespace(
        model="small",
        body=body,
        payload=msgspec.json.encode(body),
        output_limit=50,
        progress=Progress(),
        attempt_id="a-1",
        timeout_s=timeout_s,
    )


async def answer(text: str = "hello", **fields: Any) -> dict[str, Any]:
    completion = await SandboxProvider().complete(call(text, **fields))
    decoded: dict[str, Any] = msgspec.json.decode(completion.body)
    return decoded


async def chunks(text: str, **fields: Any) -> list[dict[str, Any]]:
    stream = SandboxProvider().stream(call(text, **fields))
    return [msgspec.json.decode(chunk.data) async for chunk in stream if chunk.data]


async def test_equal_requests_get_equal_answers() -> None:
    first, second, other = await answer("one"), await answer("one"), await answer("another")
    assert first["choices"] == second["choices"]
    assert first["choices"] != other["choices"]


async def test_it_says_that_it_is_the_sandbox() -> None:
    given = await answer()
    assert given["model"] == "sandbox/small"
    assert given["system_fingerprint"] == "sandbox"
    assert given["choices"][0]["message"]["content"].startswith("[sandbox]")


async def test_it_answers_in_whole_sentences_about_the_question() -> None:
    for number in range(20):
        choice = (await answer(f"What is budget {number}?"))["choices"][0]
        said = choice["message"]["content"]
        assert said.startswith("[sandbox] ")
        assert f'"What is budget {number}?"' in said
        assert said.endswith(".")
        assert 3 <= said.count(". ") + 1 <= 6
        assert choice["finish_reason"] == "stop"


async def test_several_choices_differ() -> None:
    said = [choice["message"]["content"] for choice in (await answer(n=3))["choices"]]
    assert len(set(said)) == 3


async def test_it_is_exactly_as_long_as_it_was_asked_to_be() -> None:
    given = await answer("sandbox:words=500 please")
    assert given["usage"]["completion_tokens"] == 500
    assert len(given["choices"][0]["message"]["content"].split()) == 500
    assert "sandbox:words" not in given["choices"][0]["message"]["content"]


async def test_an_answer_beyond_any_limit_costs_no_memory() -> None:
    given = await answer("sandbox:words=100000000000", max_tokens=5)
    assert (given["usage"]["completion_tokens"], given["choices"][0]["finish_reason"]) == (5, "length")


@pytest.mark.parametrize("text", ["", " \n", "a" * 100_000, 'say "no"\n# x'])
async def test_any_question_is_answered_in_one_line(text: str) -> None:
    said = (await answer(text))["choices"][0]["message"]["content"]
    assert said.isprintable()
    assert len(said) < 800


async def test_it_obeys_the_output_limit_and_n() -> None:
    given = await answer("sandbox:words=50", max_tokens=7, n=3)
    assert [choice["finish_reason"] for choice in given["choices"]] == ["length"] * 3
    assert given["usage"]["completion_tokens"] == 21


@pytest.mark.parametrize(
    "stop", ["answer", ["nothing like it", "answer"], ["answer", "like any other answer"], [7, "answer", ""]]
)
async def test_it_ends_before_the_first_text_that_ends_an_answer(stop: Any) -> None:
    whole, given = await answer("hi"), await answer("hi", stop=stop)
    said, told = (each["choices"][0]["message"]["content"] for each in (whole, given))
    first = min(said.find(each) for each in ("answer", "like any other answer") if each in [*stop, stop])
    assert (told, given["choices"][0]["finish_reason"]) == (said[:first], "stop")
    assert given["usage"]["completion_tokens"] == len(told.split(" "))


async def test_where_the_limit_comes_first_an_answer_ends_by_it() -> None:
    given = await answer("hi", stop="answer", max_tokens=3)
    assert (given["choices"][0]["finish_reason"], given["usage"]["completion_tokens"]) == ("length", 3)


async def test_a_stream_says_the_same_as_the_whole_answer() -> None:
    parts = await chunks("hello", n=2)
    whole = await answer("hello", n=2)
    for index in (0, 1):
        said = "".join(
            choice["delta"].get("content", "")
            for part in parts
            for choice in part["choices"]
            if choice["index"] == index
        )
        assert said == whole["choices"][index]["message"]["content"]
    assert parts[-1] | {"id": 0, "created": 0} == parts[-1] | {"id": 0, "created": 0, "choices": []}
    assert parts[-1]["usage"] == whole["usage"]


@pytest.mark.parametrize(
    ("directive", "failure", "retryable", "status"),
    [
        ("sandbox:error=500", Failure.REFUSED, True, 500),
        ("sandbox:error=400", Failure.REFUSED, False, 400),
        ("sandbox:timeout", Failure.TIMEOUT, True, None),
        ("sandbox:cut=0", Failure.CUT, True, None),
    ],
)
async def test_it_misbehaves_on_request(
    directive: str, failure: Failure, retryable: bool, status: int | None
) -> None:
    with pytest.raises(ProviderError) as caught:
        await answer(f"please {directive} now")
    error = caught.value
    assert (error.failure, error.retryable, error.status) == (failure, retryable, status)


async def test_a_stream_is_cut_after_some_chunks() -> None:
    stream = SandboxProvider().stream(call("sandbox:cut=3"))
    seen = [await anext(stream) for _ in range(3)]
    with pytest.raises(ProviderError):
        await anext(stream)
    assert len(seen) == 3


async def test_it_is_slow_on_request_up_to_the_timeout() -> None:
    started = time.monotonic()
    await answer("sandbox:slow=0.05")
    assert time.monotonic() - started >= 0.05
    with pytest.raises(ProviderError) as caught:
        await answer("sandbox:slow=9", timeout_s=0.05)
    assert caught.value.failure is Failure.TIMEOUT


async def test_it_can_hide_its_usage_and_overrun_it() -> None:
    assert "usage" not in await answer("sandbox:no-usage")
    completion = await SandboxProvider().complete(call("sandbox:no-usage"))
    assert completion.usage.estimate_reason == "missing"
    assert (await answer("sandbox:overrun=90", max_tokens=3))["usage"]["completion_tokens"] == 93
    assert not any("usage" in chunk for chunk in await chunks("sandbox:no-usage"))


async def test_only_the_last_user_message_directs() -> None:
    messages = [
        {"role": "user", "content": "sandbox:error=500"},
        {"role": "assistant", "content": "sandbox:timeout"},
        {"role": "user", "content": [{"type": "text", "text": "hi sandbox:words=2"}]},
    ]
    given = await answer(messages=messages)
    assert given["usage"]["completion_tokens"] == 2


async def test_closing_a_stream_stops_it() -> None:
    stream = SandboxProvider().stream(call("sandbox:gap=30"))
    await anext(stream)
    pending = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.01)
    pending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pending


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(LookupError, match=r"known: .*sandbox"):
        make_provider(ProviderConfig(name="x", kind="carrier-pigeon"))


def test_a_config_does_not_show_its_key() -> None:
    assert "s3cret" not in repr(ProviderConfig(name="x", kind="sandbox", api_keys=("s3cret",)))
