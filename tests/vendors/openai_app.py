"""The fake OpenAI-compatible vendor as an application, with a log of its calls at /_log.

Its own doors: `GET /_log` (everything seen), `POST /_clear`, `POST /_next` (directives that the next call gets as
well, such as `{"directives": "vendor:status=500"}`; several queue up), `POST /_gate` (`{"open": false}`: calls wait
before they are answered until it is open again).
"""

import asyncio
import json
from collections import deque
from typing import Any

from aiohttp import web

from tests.vendors.call_log import CallLog, SeenCall
from tests.vendors.directives import Directives, directives_in
from tests.vendors.openai_chat import HANG_S, answer_streamed, answer_whole, hang_up
from tests.vendors.openai_errors import error_response
from tests.vendors.openai_shapes import MODELS, model_object

API_KEY = "vendor-key-0123456789"
"""The one key that it accepts."""
MAX_BODY_BYTES = 64 * 1024 * 1024


class FakeOpenAI:
    """One vendor: its log, and what the next calls are to do."""

    def __init__(self, *, api_key: str | None = API_KEY) -> None:
        self.log = CallLog()
        self.api_key = api_key
        self.next: deque[str] = deque()
        """Directives for the calls to come, one each."""
        self._gate = asyncio.Event()
        self._gate.set()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self._chat),
                web.post("/v1/embeddings", self._embeddings),
                web.get("/v1/models", self._models),
                web.get("/v1/models/{name}", self._model),
                web.get("/_log", self._shown),
                web.post("/_clear", self._clear),
                web.post("/_next", self._queue),
                web.post("/_gate", self._turn_gate),
            ]
        )
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await _json_body(request)
        call = self.log.begin(request.path, _peer(request), request.headers, body or {})
        try:
            response = self._refusal(request, body) or await self._answer(request, call)
            call.status = response.status
            return response
        except ConnectionError:
            return web.Response(status=499)  # the caller has gone
        finally:
            self.log.end(call)

    async def _answer(self, request: web.Request, call: SeenCall) -> web.StreamResponse:
        await self._gate.wait()
        asked = self._directives(call.body)
        if asked.reset:
            hang_up(request)
            return web.Response(status=499)
        await asyncio.sleep(HANG_S if asked.hang else asked.slow)
        if asked.status != 200:
            return error_response(asked.status, param=asked.param, retry_after=asked.retry_after)
        if bool(call.body.get("stream")) is not asked.other_form:
            return await answer_streamed(request, call, asked)
        return await answer_whole(request, call, asked)

    def _directives(self, body: dict[str, Any]) -> Directives:
        queued = self.next.popleft() if self.next else ""
        return directives_in(body | {"model": f"{body.get('model')} {queued}"})

    def _refusal(self, request: web.Request, body: dict[str, Any] | None) -> web.Response | None:
        """What OpenAI refuses too."""
        if wrong_key := self._wrong_key(request):
            return wrong_key
        if body is None:
            return error_response(400, "We could not parse the JSON body of your request.")
        if not isinstance(body.get("model"), str):
            return error_response(400, "you must provide a model parameter")
        if not body.get("messages"):
            return error_response(400, "Missing required parameter: 'messages'.", param="messages")
        if body.get("stream_options") and not body.get("stream"):
            return error_response(400, "'stream_options' is only allowed when 'stream' is enabled.")
        if body["model"] == "unknown":
            return error_response(404)
        return None

    def _wrong_key(self, request: web.Request) -> web.Response | None:
        if self.api_key is None or request.headers.get("authorization") == f"Bearer {self.api_key}":
            return None
        return error_response(401)

    async def _embeddings(self, request: web.Request) -> web.Response:
        body = await _json_body(request) or {}
        call = self.log.begin(request.path, _peer(request), request.headers, body)
        try:
            if wrong_key := self._wrong_key(request):
                return wrong_key
            texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
            count = sum(len(str(text).split()) for text in texts)
            call.usage = {"prompt_tokens": count, "total_tokens": count}
            data = [
                {"object": "embedding", "index": place, "embedding": [0.1, 0.2]}
                for place in range(len(texts))
            ]
            call.whole, call.status = True, 200
            return web.json_response(
                {"object": "list", "data": data, "model": body["model"], "usage": call.usage}
            )
        finally:
            self.log.end(call)

    async def _models(self, request: web.Request) -> web.Response:
        return self._wrong_key(request) or web.json_response(
            {"object": "list", "data": [model_object(name) for name in MODELS]}
        )

    async def _model(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.json_response(model_object(name)) if name in MODELS else error_response(404)

    async def _shown(self, request: web.Request) -> web.Response:
        return web.json_response(self.log.shown())

    async def _clear(self, request: web.Request) -> web.Response:
        self.log.clear()
        self.next.clear()
        return web.json_response({})

    async def _queue(self, request: web.Request) -> web.Response:
        self.next.append((await request.json())["directives"])
        return web.json_response({})

    async def _turn_gate(self, request: web.Request) -> web.Response:
        if (await request.json())["open"]:
            self._gate.set()
        else:
            self._gate.clear()
        return web.json_response({})


async def _json_body(request: web.Request) -> dict[str, Any] | None:
    try:
        body = json.loads(await request.read())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _peer(request: web.Request) -> str:
    return str(request.transport.get_extra_info("peername")) if request.transport else ""
