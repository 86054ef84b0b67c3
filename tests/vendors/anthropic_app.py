"""A fake of Anthropic's Messages API: its paths, headers, errors, events and the rules that it refuses by."""

import asyncio
import json
import re
from typing import Any

from aiohttp import web

from tests.vendors.directives import Directives
from tests.vendors.sending import HANG_S, hang_up
from tests.vendors.wire_app import (
    HUNG_UP,
    MAX_BODY_BYTES,
    WORDS,
    FakeWire,
    Wired,
    case,
    json_body,
    peer_of,
)

API_KEY = "sk-ant-api03-canary-0123456789abcdef"
"""The one key that it accepts."""
MODELS = ("claude-sonnet-5", "claude-haiku-4-5")
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
WORDS_OF = {401: "invalid x-api-key", 404: "model: claude-none", 529: "Overloaded"}
FIELDS = frozenset(
    {"model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "output_config"}
    | {
        "cache_control",
        "metadata",
        "stop_sequences",
        "stream",
        "service_tier",
        "inference_geo",
        "temperature",
        "top_p",
        "top_k",
        "context_management",
    }
)
COUNTED_FIELDS = frozenset(
    {"model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"}
    | {"context_management"}
)
AT_HOME = "claude-opus-5"
"""A model that the workspace may run in one place alone."""
VERSION = "anthropic-version"
OLDER, NEWER = "2023-06-01", "2026-10-21"
VERSIONS = (OLDER, NEWER)
SAMPLING = ("temperature", "top_p", "top_k")
"""What the newer version refuses, whatever its value."""
_ID = re.compile(r"[a-zA-Z0-9_-]+")


class FakeAnthropic(FakeWire):
    api_key = API_KEY

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.add_routes(
            [
                web.post("/v1/messages", self.chat),
                web.post("/v1/messages/count_tokens", self._count),
                web.get("/v1/models", self._models),
            ]
        )
        return app

    async def _models(self, request: web.Request) -> web.Response:
        data = [
            {"type": "model", "id": name, "display_name": name, "created_at": "2026-01-01T00:00:00Z"}
            for name in MODELS
        ]
        shown = {"data": data, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}
        return self._wrong_headers(request) or web.json_response(shown)

    async def _count(self, request: web.Request) -> web.StreamResponse:
        """What a request of these messages would have as its input, which costs nothing."""
        body = await json_body(request)
        call = self.log.begin(request.path, peer_of(request), request.headers, body or {})
        try:
            response = self._wrong_headers(request) or await self._counted(request, body)
            call.status = response.status
            return response
        finally:
            self.log.end(call)

    async def _counted(self, request: web.Request, body: dict[str, Any] | None) -> web.StreamResponse:
        if body is None:
            return self.error(400, "The request body is not valid JSON")
        asked = self._directives(body, str(body.get("model")))
        if asked.reset:
            hang_up(request)
            return web.Response(status=HUNG_UP)
        await asyncio.sleep(HANG_S if asked.hang else asked.slow)
        if asked.status != 200:
            return self.error(asked.status, retry_after=asked.retry_after, param=asked.param)
        unknown = next((field for field in body if field not in COUNTED_FIELDS), None)
        problem = f"{unknown}: Extra inputs are not permitted" if unknown else None
        problem = problem or problem_of({"max_tokens": 1, **body}, request.headers[VERSION])
        if problem:
            return self.error(400, problem)
        if asked.bad_json:
            return web.Response(text='{"input_tok', content_type="application/json")
        return web.json_response({"input_tokens": self._input_of(body)})

    def _input_of(self, body: dict[str, Any]) -> int:
        return sum(len(str(message["content"]).split()) for message in self.messages(body))

    def error(
        self, status: int, message: str | None = None, *, retry_after: int = -1, param: str | None = None
    ) -> web.Response:
        headers = {"request-id": "req_fake_anthropic"}
        if status in (429, 503, 529) and retry_after >= 0:
            headers |= {"retry-after": str(retry_after), "anthropic-ratelimit-requests-remaining": "0"}
        said = message or WORDS_OF.get(status, f"A {status} for the key {self.api_key}.")
        error = {"type": KINDS.get(status, "api_error"), "message": said}
        body = {"type": "error", "error": error, "request_id": "req_fake_anthropic"}
        return web.json_response(body, status=status, headers=headers)

    def refusal(self, request: web.Request, body: dict[str, Any] | None) -> web.Response | None:
        if wrong := self._wrong_headers(request):
            return wrong
        if body is None:
            return self.error(400, "The request body is not valid JSON")
        problem = problem_of(body, request.headers[VERSION])
        return self.error(400, problem) if problem else None

    def _wrong_headers(self, request: web.Request) -> web.Response | None:
        version = request.headers.get(VERSION)
        if version is None:
            return self.error(400, f"{VERSION}: header is required")
        if version not in VERSIONS:
            return self.error(400, f'{VERSION}: "{version}" is not a valid version')
        key, bearer = request.headers.get("x-api-key"), request.headers.get("authorization")
        if key == self.api_key or (key is None and bearer == f"Bearer {self.api_key}"):
            return None
        return self.error(401)

    def wired(self, body: dict[str, Any], model: str, asked: Directives) -> Wired:
        if asked.case:
            found = case("anthropic", asked.case)
            return Wired(answer=found["answer"], events=found["events"], usage=found["answer"]["usage"])
        words = WORDS[: min(asked.words, body["max_tokens"])]
        text = "".join(words) + "x" * asked.big
        finish = "max_tokens" if len(words) < asked.words else "end_turn"
        given = self._input_of(body)
        usage = {
            "input_tokens": max(given - asked.cached, 1),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": asked.cached,
            "output_tokens": len(words) + asked.more + asked.big // 4,
            "service_tier": "standard",
        }
        head = {"id": "msg_01Fake", "type": "message", "role": "assistant", "model": model.split()[0]}
        answer = {
            **head,
            "content": [{"type": "text", "text": text}],
            "stop_reason": finish,
            "stop_sequence": None,
            "usage": usage,
        }
        start = {**answer, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        pieces = [*words, "x" * asked.big] if asked.big else list(words)
        events = [
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
                for word in pieces
            ),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": finish, "stop_sequence": None},
                "usage": {"output_tokens": usage["output_tokens"]},
            },
            {"type": "message_stop"},
        ]
        return Wired(answer=answer, events=events, usage=usage)

    def framed(self, event: dict[str, Any]) -> str:
        return f"event: {event['type']}\ndata: {_json(event)}"

    def without_usage(self, wired: Wired) -> Wired:
        events = [{name: value for name, value in event.items() if name != "usage"} for event in wired.events]
        start = events[0]["message"]
        events[0] = {
            **events[0],
            "message": {name: value for name, value in start.items() if name != "usage"},
        }
        answer = {name: value for name, value in wired.answer.items() if name != "usage"}
        return Wired(answer=answer, events=events, usage=wired.usage)

    def error_event(self) -> dict[str, Any]:
        return {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}

    def messages(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"content": " ".join(_texts(message["content"]))}
            for message in body.get("messages", [])
            if message
        ]


def problem_of(body: dict[str, Any], version: str = OLDER) -> str | None:
    """What the vendor says of a request that is wrong, in its words."""
    if version == NEWER and (problem := _problem_by_the_newer(body)):
        return problem
    for field in body:
        if field not in FIELDS:
            return f"{field}: Extra inputs are not permitted"
    if body.get("model") == AT_HOME and body.get("inference_geo") not in (None, "us"):
        return "inference_geo: 'global' is not among the places that this workspace allows: us"
    limit = body.get("max_tokens")
    if not isinstance(limit, int):
        return "max_tokens: Field required"
    if not body.get("messages"):
        return "messages: at least one message is required"
    if body["messages"][0]["role"] != "user":
        return "messages: first message must use the user role"
    if not 0 <= body.get("temperature", 1) <= 1:
        return "temperature: range: 0..1"
    thinking = body.get("thinking") or {}
    if thinking.get("type") == "enabled" and not 1024 <= thinking["budget_tokens"] < limit:
        return "max_tokens must be greater than thinking.budget_tokens"
    called: set[str] = set()
    for place, message in enumerate(body["messages"]):
        blocks = message["content"] if isinstance(message["content"], list) else []
        results = [block for block in blocks if block["type"] == "tool_result"]
        if {block["tool_use_id"] for block in results} != called:
            return (
                f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately after"
            )
        if blocks[: len(results)] != results:
            return f"messages.{place}: `tool_result` blocks have to come first"
        called = {block["id"] for block in blocks if block["type"] == "tool_use"}
        if not all(map(_ID.fullmatch, called)):
            return f"messages.{place}.content: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        if any(block["type"] == "text" and not block["text"] for block in blocks):
            return f"messages.{place}: text content blocks must be non-empty"
    return None


def _problem_by_the_newer(body: dict[str, Any]) -> str | None:
    for field in SAMPLING:
        if field in body:
            return f"{field}: Extra inputs are not permitted"
    for place, message in enumerate(body.get("messages") or []):
        for number, block in enumerate(message["content"] if isinstance(message["content"], list) else []):
            path = f"messages.{place}.content.{number}"
            if message["role"] == "assistant" and block["type"] == "document":
                return f"{path}: document blocks are not permitted in assistant messages"
            if message["role"] == "user" and block["type"] == "text" and block.get("citations"):
                return f"{path}.citations: citations are not permitted in user messages"
    return None


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [
        str(block.get("text") or " ".join(_texts(block.get("content") or [])))
        for block in content
        if block["type"] in ("text", "tool_result")
    ]


def _json(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
