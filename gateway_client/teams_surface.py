"""The Teams surface, `/llm/chat` and `/llm/stream`: the source documents' own protocol, in camelCase."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from gateway_client.errors import ConfigurationError
from gateway_client.failures import error_from
from gateway_client.messages import read_call, teams_message, teams_tool
from gateway_client.steps import Reply, Send
from gateway_client.strange_answers import understood
from gateway_client.surface import cut
from gateway_client.values import ChatChunk, ChatRequest, ChatResponse, Usage

CHAT, STREAM = "/llm/chat", "/llm/stream"
OPTIONS = {"tool_choice": "toolChoice", "top_p": "topP", "stop": "stop", "metadata": "metadata"}
"""Fields that a call may have besides, by their names here and there."""


class TeamsSurface:
    """Implements Surface."""

    def whole(self, request: ChatRequest, model: str) -> Send:
        return Send(method="POST", path=CHAT, body=_body(request, model), timeout_s=request.timeout_s)

    def response(self, reply: Reply, request: ChatRequest) -> ChatResponse:
        body = reply.body
        return ChatResponse(
            content=body["content"],
            tool_calls=tuple(map(read_call, body["toolCalls"])),
            usage=_usage(body["usage"]),
            model=body["model"] or "",
            finish_reason=body.get("finishReason"),
            request_id=reply.headers.get("x-request-id"),
        )

    def streamed(self, request: ChatRequest, model: str) -> Send:
        body = _body(request, model) | {"stream": True}
        return Send(method="POST", path=STREAM, body=body, stream=True, timeout_s=request.timeout_s)

    def check(self, event: Any) -> None:
        if event is None:
            raise cut()
        said = _said(event)
        if said.get("type") == "error":
            raise error_from(said["error"])

    def reader(self, request: ChatRequest) -> "TeamsReader":
        return TeamsReader()


class TeamsReader:
    """Implements StreamReader: `chunk` events, and `usage` or `error` at the end."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._calls: list[Any] = []
        self._last: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        return "".join(self._texts)

    def read(self, event: Any) -> Iterator[ChatChunk]:
        said = _said(event)
        match said.get("type"):
            case "error":
                raise error_from(said["error"])
            case "usage":
                self._last = said
            case "chunk":
                call = read_call(said["toolCall"]) if said.get("toolCall") else None
                self._texts.append(said["delta"])
                self._calls += [call] if call else []
                yield ChatChunk(delta=said["delta"], tool_call=call)

    def end(self, request_id: str | None) -> tuple[list[ChatChunk], ChatResponse]:
        if self._last is None:
            raise cut()
        usage = _usage(self._last["usage"])
        response = ChatResponse(
            content=self.text,
            tool_calls=tuple(self._calls),
            usage=usage,
            model=self._last.get("model") or "",
            finish_reason=self._last.get("finishReason"),
            request_id=request_id,
        )
        return [ChatChunk(usage=usage)], response


def _body(request: ChatRequest, model: str) -> dict[str, Any]:
    """What is not said is left out."""
    for name in request.options:
        if name not in OPTIONS:
            raise ConfigurationError(
                f"/llm has no field for {name!r}; it has {', '.join(OPTIONS)}.", param=name
            )
    body = {
        "messages": [teams_message(message) for message in request.messages],
        "tools": [teams_tool(tool) for tool in request.tools] or None,
        "model": model or None,
        "temperature": request.temperature,
        "maxTokens": request.max_tokens,
        **{OPTIONS[name]: value for name, value in request.options.items()},
    }
    return {name: value for name, value in body.items() if value is not None}


def _said(event: Any) -> dict[str, Any]:
    with understood():
        said = json.loads(event.data, parse_float=Decimal)
    return said if isinstance(said, dict) else {}


def _usage(said: Mapping[str, Any]) -> Usage:
    return Usage(
        input_tokens=said["inputTokens"],
        output_tokens=said["outputTokens"],
        total_tokens=said["totalTokens"],
        cost=Decimal(said["cost"]),
    )
