"""The fake vendor itself, asked by the official SDK: as faithful as the tests that rely on it need it to be."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.vendors.running import VendorProcess, vendor_process

pytestmark = pytest.mark.slow
HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def _process() -> Iterator[VendorProcess]:
    with vendor_process() as vendor:
        yield vendor


@pytest.fixture
def process(_process: VendorProcess) -> VendorProcess:
    """In a process of its own; its log is empty."""
    _process.clear()
    return _process


@pytest.fixture
def client(process: VendorProcess) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=process.base_url, api_key=process.api_key, max_retries=0) as client:
        yield client


def test_its_log_is_read_from_outside(client: openai.OpenAI, process: VendorProcess) -> None:
    client.chat.completions.create(
        model="fake-small", messages=HELLO, extra_headers={"x-gateway-attempt-id": "a-7"}
    )
    seen = process.log()
    (call,) = seen["calls"]
    assert (call["attempt_id"], call["body"]["messages"], call["whole"]) == ("a-7", HELLO, True)
    assert call["started_at"] <= call["ended_at"]
    assert (seen["at_once"], seen["most_at_once"]) == (0, 1)


def test_the_next_call_does_as_it_was_told(client: openai.OpenAI, process: VendorProcess) -> None:
    process.next("vendor:status=500")
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="fake-small", messages=HELLO)
    client.chat.completions.create(model="fake-small", messages=HELLO)


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["fake-small", "fake-large"]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("none")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, openai.BadRequestError), (404, openai.NotFoundError), (429, openai.RateLimitError)],
)
def test_errors_are_those_of_the_sdk(
    client: openai.OpenAI, status: int, kind: type[openai.APIStatusError]
) -> None:
    with pytest.raises(kind) as caught:
        client.chat.completions.create(model=f"vendor:status={status}", messages=HELLO)
    assert caught.value.message
    if status == 429:
        assert caught.value.response.headers["retry-after"] == "7"


def test_another_key_is_refused(process: VendorProcess) -> None:
    with openai.OpenAI(base_url=process.base_url, api_key="other", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            client.chat.completions.create(model="fake-small", messages=HELLO)
        with pytest.raises(openai.AuthenticationError):
            client.models.list()


def test_most_at_once_is_the_high_water_mark(client: openai.OpenAI, process: VendorProcess) -> None:
    streams = [
        client.chat.completions.create(model="vendor:gap=0.05", messages=HELLO, stream=True) for _ in range(3)
    ]
    for stream in streams:
        list(stream)
    assert process.log()["most_at_once"] == 3
