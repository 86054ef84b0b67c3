"""The sandbox behind OpenAI's wire: it answers the tasks' prompts as the sandbox does, and logs and counts every call.

Texts may hold the sandbox's directives, and its own doors take the fake vendor's (`vendor:status=503` for `/_next`).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from aiohttp import web

from providers.port import Failure, ProviderError
from providers.sandbox.provider import SandboxProvider
from tests.vendors.call_log import SeenCall
from tests.vendors.directives import Directives, directives_in, text_of
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.openai_errors import error_response
from tests.vendors.sending import HANG_S, hang_up

TIMEOUT_S = 600.0
PIECES = 8
"""Of a stream go out together, so that a long answer is no thousand writes."""


class FakeSandboxVendor(FakeOpenAI):
    """A vendor whose answers are the sandbox's."""

    async def _answer(
        self, request: web.Request, call: SeenCall, model: str, *, streamed: bool
    ) -> web.StreamResponse:
        await self._gate.wait()
        asked = self._directives(call.body, model)
        if asked.reset:
            hang_up(request)
            return web.Response(status=499)
        if (refusal := await _refused(asked)) is not None:
            return refusal
        try:
            if streamed:
                return await _streamed(request, call)
            return await _whole(call)
        except ProviderError as error:
            if error.failure is not Failure.REFUSED:
                hang_up(request)
            return error_response(error.status or 500, _quoting(call) if error.status == 400 else None)

    def _directives(self, body: dict[str, Any], model: str) -> Directives:
        """Of the queue alone: what is in a text is the sandbox's."""
        return directives_in({"model": self.next.popleft() if self.next else ""})


async def _refused(asked: Directives) -> web.Response | None:
    await asyncio.sleep(HANG_S if asked.hang else asked.slow)
    if asked.status == 200:
        return None
    return error_response(asked.status, param=asked.param, retry_after=asked.retry_after)


async def _whole(call: SeenCall) -> web.Response:
    completion = await SandboxProvider().complete(_provider_call(call))
    call.usage, call.whole = json.loads(completion.body)["usage"], True
    return web.Response(body=completion.body, content_type="application/json")


async def _streamed(request: web.Request, call: SeenCall) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
    response.enable_chunked_encoding()
    async for data in _in_pieces(call):
        if not response.prepared:
            await response.prepare(request)
        await response.write(data)
    await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    call.whole = True
    return response


async def _in_pieces(call: SeenCall) -> AsyncIterator[bytes]:
    pieces: list[bytes] = []
    async for chunk in SandboxProvider().stream(_provider_call(call)):
        if chunk.only_usage:
            call.usage = json.loads(chunk.data)["usage"]
        pieces.append(b"data: " + chunk.data + b"\n\n")
        if len(pieces) == PIECES:
            yield b"".join(pieces)
            pieces = []
    yield b"".join(pieces)


def _quoting(call: SeenCall) -> str:
    """A refusal that repeats what was asked, as some vendors' do."""
    return f"This cannot be answered: {text_of(call.body['messages'][-1])}"


def _provider_call(call: SeenCall) -> Any:
    body = call.body
    return SimpleNamespace(
        model=body["model"],
        body=body,
        output_limit=body.get("max_completion_tokens") or body.get("max_tokens") or 4_096,
        progress=SimpleNamespace(sent=False),
        attempt_id=call.attempt_id,
        timeout_s=TIMEOUT_S,
        first_byte_s=TIMEOUT_S,
    )
