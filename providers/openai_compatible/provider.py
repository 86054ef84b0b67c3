"""A vendor that speaks OpenAI's protocol, as an LLMProvider. What the vendor says passes as it came."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import aiohttp
from yarl import URL

from providers.openai_compatible.answer import read_whole, whole_answer
from providers.openai_compatible.connections import connections
from providers.openai_compatible.errors import MAX_ERROR_BYTES, broken, connection_failed, refused
from providers.openai_compatible.exchange import Answer, Target
from providers.openai_compatible.probe import probe
from providers.openai_compatible.request import payload_of, renames_limit
from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.timed_reader import TimedReader
from providers.openai_compatible.timeouts import Timeouts
from providers.port import Capability, Chunk, Completion, ProviderCall

CONNECTION_ERRORS = (aiohttp.ClientError, TimeoutError, OSError)
EVENT_STREAM = "text/event-stream"
TAIL_S = 0.05
"""How long the end of the HTTP message may come after `[DONE]` for the connection to be used again."""


class OpenAICompatibleProvider:
    """Any base URL that has `/chat/completions` and `/embeddings`. Every failure is a ProviderError."""

    capabilities = frozenset({Capability.CHAT, Capability.STREAM, Capability.EMBED})

    def __init__(self, *, base_url: str, api_key: str = "", timeouts: Timeouts | None = None) -> None:
        """`base_url` ends before `/chat/completions`, as OpenAI's SDK takes it."""
        base = base_url.rstrip("/")
        self._chat_url = URL(f"{base}/chat/completions")
        self._embeddings_url = URL(f"{base}/embeddings")
        self._rename_limit = renames_limit(base_url)
        self._api_key = api_key
        self._timeouts = timeouts or Timeouts()
        # Not compressed: the bytes go on as they come.
        self._headers = {"content-type": "application/json", "accept-encoding": "identity"}
        self._targets: dict[URL, Target] = {}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"

    async def complete(self, call: ProviderCall) -> Completion:
        payload = payload_of(call, streamed=False, rename_limit=self._rename_limit)
        return await self._whole(self._chat_url, call, payload)

    async def embed(self, call: ProviderCall) -> Completion:
        return await self._whole(self._embeddings_url, call, call.payload)

    async def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        payload = payload_of(call, streamed=True, rename_limit=self._rename_limit)
        ends_at_s = asyncio.get_running_loop().time() + call.timeout_s
        try:
            async with asyncio.timeout(min(self._timeouts.first_byte_s, call.timeout_s)):
                response = await self._ask(self._chat_url, call, payload)
            reader = TimedReader(response, ends_at_s=ends_at_s, gap_s=self._timeouts.first_byte_s)
            try:
                _require_event_stream(response)
                answer = StreamedAnswer(call, self._api_key)
                while not answer.done and (part := await reader.read()):
                    reader.gap_s = self._timeouts.gap_s
                    for chunk in answer.feed(part):
                        yield chunk
                for chunk in await answer.end():
                    yield chunk
                if answer.done:
                    await _read_tail(response)
            finally:
                reader.stop()
                response.release()  # cuts the connection, and so the call, unless the answer has ended
        except CONNECTION_ERRORS as error:
            raise connection_failed(error) from None  # the client's error may quote the request's URL

    async def probe(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await probe(connections.take(self), self._chat_url, self._headers, self._api_key)
        except CONNECTION_ERRORS as error:
            raise connection_failed(error) from None

    async def close(self) -> None:
        await connections.let_go(self)

    async def _whole(self, url: URL, call: ProviderCall, payload: bytes) -> Completion:
        """The deadline is asyncio's, which costs a call 20 µs less than the client's timers."""
        try:
            async with asyncio.timeout(call.timeout_s):
                response = await self._ask(url, call, payload)
                try:
                    body = await read_whole(response, self._timeouts.gap_s)
                finally:
                    response.release()
        except CONNECTION_ERRORS as error:
            raise connection_failed(error) from None
        return await whole_answer(body, call, self._api_key)

    async def _ask(self, url: URL, call: ProviderCall, payload: bytes) -> Answer:
        """The vendor's response, to be released, if its status is 200.

        Redirects are not followed: the key goes to the configured host alone.
        """
        response = await self._target(url).post(payload, call.attempt_id)
        if response.status == 200:
            return response
        try:
            body = await response.content.read(MAX_ERROR_BYTES)
        finally:
            response.release()
        raise refused(response.status, response.headers, body, self._api_key)

    def _target(self, url: URL) -> Target:
        """Made once for each event loop's client."""
        session = connections.take(self)
        target = self._targets.get(url)
        if target is None or target.session is not session:
            target = self._targets[url] = Target(session, url, self._headers, self._timeouts.connect_s)
        return target


def _require_event_stream(response: Answer) -> None:
    """Raise ProviderError for an answer that is no stream."""
    content_type = response.headers.get("content-type", "application/octet-stream").partition(";")[0]
    if not content_type.strip().lower().startswith(EVENT_STREAM):
        raise broken(f"it answered a stream with {content_type}")


async def _read_tail(response: Answer) -> None:
    """Nothing more is expected; whatever comes is not read."""
    if not response.content.at_eof():
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(TAIL_S):
                await response.content.readany()
