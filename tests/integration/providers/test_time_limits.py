"""Every wait for a vendor has a limit of its own, which counts from when the wait begins."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import pytest

from providers.openai_compatible.provider import OpenAICompatibleProvider
from providers.openai_compatible.timeouts import Timeouts
from providers.port import Failure, ProviderError
from tests.integration.providers.asking import asking, chunks_of, said, streamed
from tests.vendors.raw import Turn, delta, events, raw_vendor
from tests.vendors.running import RunningVendor

LONG_S, SHORT_S = 60.0, 0.3
AT_MOST_S = 30.0
"""Far from both, so that a slow machine decides nothing."""


@pytest.fixture
async def patient(vendor: RunningVendor) -> AsyncIterator[OpenAICompatibleProvider]:
    """Waits long for the first byte, and not for the others."""
    timeouts = Timeouts(first_byte_s=LONG_S, gap_s=SHORT_S, end_s=SHORT_S)
    provider = OpenAICompatibleProvider(base_url=vendor.base_url, api_key=vendor.api_key, timeouts=timeouts)
    yield provider
    await provider.close()


async def test_a_gap_is_noticed_after_the_gaps_own_limit(patient: OpenAICompatibleProvider) -> None:
    async with asyncio.timeout(AT_MOST_S):
        with pytest.raises(ProviderError) as caught:
            await chunks_of(patient, streamed("vendor:stall=50", timeout_s=LONG_S))
    assert caught.value.failure is Failure.TIMEOUT


async def test_a_first_byte_may_take_longer_than_a_gap(patient: OpenAICompatibleProvider) -> None:
    assert said(await chunks_of(patient, streamed(f"vendor:slow={3 * SHORT_S}", timeout_s=LONG_S)))


async def test_a_gap_in_a_whole_answer_is_noticed_too(patient: OpenAICompatibleProvider) -> None:
    async with asyncio.timeout(AT_MOST_S):
        with pytest.raises(ProviderError) as caught:
            await patient.complete(asking("vendor:stall=50", timeout_s=LONG_S))
    assert caught.value.failure is Failure.TIMEOUT


async def test_comments_do_not_keep_a_stream_open_whose_choices_have_ended() -> None:
    """The vendor says what matters, and then nothing but comments."""
    answer = events(delta("hello"), delta(finish="stop"), done=False).body
    body = answer + b": ping\n\n" * 1_000
    cuts = tuple(range(len(answer), len(body), 8))
    timeouts = Timeouts(end_s=5 * SHORT_S)
    with raw_vendor() as vendor:
        vendor.answers(
            Turn(body=body, content_type="text/event-stream", pieces=cuts, pause_s=SHORT_S, ending="hang")
        )
        provider = OpenAICompatibleProvider(base_url=vendor.base_url, timeouts=timeouts)
        async with asyncio.timeout(AT_MOST_S):
            chunks = await chunks_of(provider, streamed(timeout_s=LONG_S))
        await provider.close()
    assert said(chunks) == "hello"
    assert chunks[-1].usage is not None


@pytest.fixture
def busy_url() -> Iterator[str]:
    """The base URL of a server that accepts no connection: its queue is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


@pytest.mark.parametrize(
    "timeouts",
    [Timeouts(connect_s=SHORT_S), Timeouts(connect_s=LONG_S, first_byte_s=SHORT_S)],
    ids=["connecting", "answering"],
)
async def test_a_call_that_waits_for_a_connection_in_vain_was_never_sent(
    busy_url: str, timeouts: Timeouts
) -> None:
    provider = OpenAICompatibleProvider(base_url=busy_url, timeouts=timeouts)
    async with asyncio.timeout(AT_MOST_S):
        with pytest.raises(ProviderError) as caught:
            await chunks_of(provider, streamed(timeout_s=LONG_S))
    await provider.close()
    assert (caught.value.failure, caught.value.usage) == (Failure.UNREACHABLE, None)
