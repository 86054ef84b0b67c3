"""A vendor that speaks OpenAI's protocol, as an LLMProvider. What the vendor says passes as it came."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
from aiohttp import ClientResponse, ClientTimeout
from yarl import URL

from providers.openai_compatible.answer import read_whole, whole_answer
from providers.openai_compatible.connections import connections
from providers.openai_compatible.errors import broken, connection_failed, refused
from providers.openai_compatible.request import payload_of, renames_limit
from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.timeouts import Timeouts
from providers.port import Capability, Chunk, Completion, ProviderCall, ProviderError

MAX_ERROR_BYTES = 1 << 16
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
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"

    async def complete(self, call: ProviderCall) -> Completion:
        payload = payload_of(call, streamed=False, rename_limit=self._rename_limit)
        return await self._whole(self._chat_url, call, payload)

    async def embed(self, call: ProviderCall) -> Completion:
        return await self._whole(self._embeddings_url, call, call.payload)

    async def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        payload = payload_of(call, streamed=True, rename_limit=self._rename_limit)
        async with self._answered(self._chat_url, call, payload, self._timeouts.first_byte_s) as response:
            if not response.content_type.startswith(EVENT_STREAM):
                raise broken(f"it answered a stream with {response.content_type}")
            answer = StreamedAnswer(call, self._api_key)
            async for part in response.content.iter_any():
                for chunk in answer.feed(part):
                    yield chunk
                if answer.done:
                    await _read_tail(response)
                    break
            for chunk in await answer.end():
                yield chunk

    async def close(self) -> None:
        await connections.let_go(self)

    async def _whole(self, url: URL, call: ProviderCall, payload: bytes) -> Completion:
        async with self._answered(url, call, payload, call.timeout_s) as response:
            body = await read_whole(response)
        return await whole_answer(body, call, self._api_key)

    @asynccontextmanager
    async def _answered(
        self, url: URL, call: ProviderCall, payload: bytes, first_byte_s: float
    ) -> AsyncIterator[ClientResponse]:
        """The vendor's response, if its status is 200. Leaving early cuts the connection, and so the call."""
        timeout = ClientTimeout(
            total=call.timeout_s, sock_connect=self._timeouts.connect_s, sock_read=first_byte_s
        )
        headers = {**self._headers, "x-gateway-attempt-id": call.attempt_id}
        try:
            async with connections.take(self).post(
                url, data=payload, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise await self._refusal(response)
                if response.connection is not None and response.connection.protocol is not None:
                    response.connection.protocol.read_timeout = self._timeouts.gap_s
                yield response
        except ProviderError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise connection_failed(error) from None  # the client's error may quote the request's URL

    async def _refusal(self, response: ClientResponse) -> ProviderError:
        """Redirects are not followed: the key goes to the configured host alone."""
        body = await response.content.read(MAX_ERROR_BYTES)
        return refused(response.status, response.headers, body, self._api_key)


async def _read_tail(response: ClientResponse) -> None:
    """Nothing more is expected; whatever comes is not read."""
    if not response.content.at_eof():
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(TAIL_S):
                await response.content.readany()
