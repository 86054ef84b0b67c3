"""What a keyed call answers, packed as it comes."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.errors import VendorError, VendorTimeout
from metering.idempotency.recording import MAX_ANSWER_BYTES, MAX_PACKED_BYTES, FinishedAnswer, Recording


def finished(recording: Recording) -> FinishedAnswer | None:
    return recording.finished(model="m", provider_name="p", mode="enforce")


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_the_parts_come_back_as_they_were(parts: list[bytes]) -> None:
    recording = Recording()
    for part in parts:
        recording.add(part)
    recording.end()
    answer = finished(recording)
    assert answer is not None
    assert list(answer.parts()) == parts


def test_what_never_ended_is_not_kept() -> None:
    recording = Recording()
    recording.add(b"half")
    assert finished(recording) is None


def test_too_many_bytes_are_not_kept() -> None:
    recording = Recording()
    for _ in range(MAX_ANSWER_BYTES // 100_000 + 1):
        recording.add(b"a" * 100_000)
    recording.end()
    assert finished(recording) is None


def test_what_cannot_be_packed_into_its_room_is_not_kept() -> None:
    recording = Recording()
    recording.add(os.urandom(MAX_PACKED_BYTES + 1))
    recording.end()
    assert finished(recording) is None


def test_a_stream_of_thousands_of_like_events_packs_to_a_tenth() -> None:
    recording = Recording()
    event = b'{"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m","choices":[{"delta":{"content":"%d"}}]}'
    events = [event % number for number in range(5_000)]
    for part in events:
        recording.add(part)
    recording.end()
    answer = finished(recording)
    assert answer is not None
    assert len(answer.packed) * 10 < sum(map(len, events))


@pytest.mark.parametrize("kind", [VendorError, VendorTimeout])
def test_a_failure_comes_back_as_the_same_error_marked_as_replayed(kind: type[VendorError]) -> None:
    recording = Recording()
    recording.add(b"some")
    recording.fail(kind("it broke", retryable=True, status=500))
    answer = finished(recording)
    assert answer is not None
    assert answer.failure is not None
    error = answer.failure.as_error()
    assert (type(error), error.message, error.status) == (kind, "it broke", 500)
    assert (error.replayed, error.retryable) == (True, False)
