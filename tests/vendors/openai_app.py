"""The fake OpenAI-compatible vendor as an application, with a log of its calls at /_log.

Its own doors: `GET /_log` (everything seen), `POST /_clear`, `POST /_next` (directives that the next call gets as
well, such as `{"directives": "vendor:status=500"}`; several queue up), `POST /_gate` (`{"open": false}`: calls wait
before they are answered until it is open again).
"""

import asyncio
import json
from typing import Any

from aiohttp import web

from tests.vendors.call_log import SeenCall
from tests.vendors.directives import Directives
from tests.vendors.embeddings_app import FakeEmbeddings
from tests.vendors.openai_chat import recorded, wired_chat, without_usage
from tests.vendors.openai_errors import error_body, error_response
from tests.vendors.openai_shapes import MODELS, model_object
from tests.vendors.responses_app import FakeResponses
from tests.vendors.wire_app import MAX_BODY_BYTES, FakeWire, Wired

API_KEY = "vendor-key-0123456789"
"""The one key that it accepts."""
PATH = "/v1"


class FakeOpenAI(FakeWire):
    """One vendor: its log, and what the next calls are to do."""

    stalls_after = 2
    path = PATH
    """Where its API begins."""
    models = MODELS

    def __init__(self, *, api_key: str | None = API_KEY) -> None:
        super().__init__()
        self.api_key = api_key
        self._gate = asyncio.Event()
        self._gate.set()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.add_routes(
            [
                web.post(f"{self.path}/chat/completions", self.chat),
                web.post(f"{self.path}/responses", FakeResponses(self, self._wrong_key).chat),
                web.post(f"{self.path}/embeddings", FakeEmbeddings(self, self._wrong_key).chat),
                web.get(f"{self.path}/models", self._models),
                web.get(f"{self.path}/models/{{name:.+}}", self._model),
                web.get("/_log", self._shown),
                web.post("/_clear", self._clear),
                web.post("/_next", self._queue),
                web.post("/_gate", self._turn_gate),
            ]
        )
        return app

    def error(
        self, status: int, message: str | None = None, *, retry_after: int = 7, param: str | None = None
    ) -> web.Response:
        return error_response(status, message, param=param, retry_after=retry_after)

    def refusal(self, request: web.Request, body: dict[str, Any] | None) -> web.Response | None:
        """What OpenAI refuses too."""
        if wrong_key := self._wrong_key(request):
            return wrong_key
        if body is None:
            return self.error(400, "We could not parse the JSON body of your request.")
        if not isinstance(body.get("model"), str):
            return self.error(400, "you must provide a model parameter")
        if not body.get("messages"):
            return self.error(400, "Missing required parameter: 'messages'.", param="messages")
        if body.get("stream_options") and not body.get("stream"):
            return self.error(400, "'stream_options' is only allowed when 'stream' is enabled.")
        if body["model"] == "unknown":
            return self.error(404)
        return None

    def wired(self, body: dict[str, Any], model: str, asked: Directives) -> Wired:
        return recorded(asked.case) if asked.case else wired_chat(body, asked)

    def without_usage(self, wired: Wired) -> Wired:
        return without_usage(wired)

    def framed(self, event: dict[str, Any]) -> str:
        return f"data: {json.dumps(event, separators=(',', ':'))}"

    def last_words(self, asked: Directives) -> str:
        return "[DONE]" if asked.bad_sse else "data: [DONE]"

    def error_event(self) -> dict[str, Any]:
        return error_body(500)

    def messages(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        return body.get("messages") or []

    def more(self, event: dict[str, Any]) -> dict[str, Any]:
        choices = [choice | {"delta": {"content": " international" * 700}} for choice in event["choices"]]
        return event | {"choices": choices}

    async def _answer(
        self, request: web.Request, call: SeenCall, model: str, *, streamed: bool
    ) -> web.StreamResponse:
        await self._gate.wait()
        return await super()._answer(request, call, model, streamed=streamed)

    def _wrong_key(self, request: web.Request) -> web.Response | None:
        if self.api_key is None or request.headers.get("authorization") == f"Bearer {self.api_key}":
            return None
        return self.error(401)

    async def _models(self, request: web.Request) -> web.Response:
        return self._wrong_key(request) or web.json_response(
            {"object": "list", "data": [model_object(name) for name in self.models]}
        )

    async def _model(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.json_response(model_object(name)) if name in self.models else self.error(404)

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
