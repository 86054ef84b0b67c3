"""What of a request the OpenAI-compatible provider writes anew."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from providers.openai_compatible.request import payload_of, renames_limit

MESSAGES = [{"role": "user", "content": "hi"}]


def call(**fields: Any) -> Any:
    body = {"model": "m", "messages": MESSAGES, **fields}
    return SimpleNamespace(body=body, payload=b"as metering made it")


def sent(given: Any, **facts: bool) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(payload_of(given, **{"rename_limit": False, **facts}))
    return decoded


@pytest.mark.parametrize(
    ("fields", "streamed"),
    [
        ({}, False),
        ({"stream": False, "max_tokens": 5}, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, True),
    ],
)
def test_a_request_that_fits_goes_as_it_is(fields: dict[str, Any], streamed: bool) -> None:
    assert payload_of(call(**fields), streamed=streamed, rename_limit=False) == b"as metering made it"


def test_a_stream_asks_for_usage_and_keeps_other_options() -> None:
    edited = sent(call(stream_options={"include_obfuscation": False}), streamed=True)
    assert edited["stream"] is True
    assert edited["stream_options"] == {"include_obfuscation": False, "include_usage": True}


def test_a_whole_answer_to_a_streamed_request() -> None:
    edited = sent(call(stream=True, stream_options={"include_usage": True}), streamed=False)
    assert edited["stream"] is False
    assert "stream_options" not in edited


def test_the_limit_goes_under_its_newer_name_where_that_is_asked() -> None:
    edited = sent(call(max_tokens=9), streamed=False, rename_limit=True)
    assert edited["max_completion_tokens"] == 9
    assert "max_tokens" not in edited
    both = sent(call(max_tokens=9, max_completion_tokens=20), streamed=False, rename_limit=True)
    assert both["max_completion_tokens"] == 9


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [("https://api.openai.com/v1", True), ("http://localhost:8000/v1", False), ("nonsense", False)],
)
def test_only_openai_wants_the_newer_name(base_url: str, expected: bool) -> None:
    assert renames_limit(base_url) is expected
