"""Chat completions, through the official SDK: the gateway's `/v1`, and in direct mode a vendor's own."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from gateway_client.messages import openai_message, openai_tool, read_call
from gateway_client.steps import Invoke, Reply
from gateway_client.surface import cut
from gateway_client.tokens import ANSWER_TOKENS, MESSAGE_TOKENS, count_tokens
from gateway_client.values import ChatChunk, ChatRequest, ChatResponse, Usage

RESOURCE = "chat.completions"
COST = "x-gateway-cost-usd"


class OpenAISurface:
    """Implements Surface."""

    def __init__(self, *, limit_name: str = "max_tokens") -> None:
        """`limit_name`: how the vendor calls the most tokens of an answer; the gateway knows every name."""
        self._limit_name = limit_name

    def whole(self, request: ChatRequest, model: str) -> Invoke:
        return self._invoke(request, model)

    def response(self, reply: Reply, request: ChatRequest) -> ChatResponse:
        completion = reply.body
        if completion.choices is None:
            raise LookupError("choices")
        choice = completion.choices[0] if completion.choices else None
        message = choice.message if choice else None
        content = (message.content if message else None) or ""
        cost = reply.headers.get(COST)
        return ChatResponse(
            content=content,
            tool_calls=tuple(map(read_call, (message.tool_calls if message else None) or ())),
            usage=_usage(completion.usage, request, content, cost=Decimal(cost) if cost else None),
            model=reply.headers.get("x-gateway-model") or completion.model or "",
            finish_reason=choice.finish_reason if choice else None,
            request_id=reply.headers.get("x-request-id"),
        )

    def streamed(self, request: ChatRequest, model: str) -> Invoke:
        return self._invoke(request, model, stream=True, stream_options={"include_usage": True})

    def check(self, event: Any) -> None:
        if event is None:  # what another one stands for the SDK raises
            raise cut()

    def reader(self, request: ChatRequest) -> "OpenAIReader":
        return OpenAIReader(request)

    def _invoke(self, request: ChatRequest, model: str, **more: Any) -> Invoke:
        options = dict(request.options)
        headers = options.pop("extra_headers", {})
        arguments = {
            "model": model,
            "messages": [openai_message(message) for message in request.messages],
            "tools": [openai_tool(tool) for tool in request.tools] or None,
            "temperature": request.temperature,
            self._limit_name: request.max_tokens,
            **options,
            **more,
        }
        said = {name: value for name, value in arguments.items() if value is not None}
        return Invoke(resource=RESOURCE, arguments=said, headers=headers, timeout_s=request.timeout_s)


class OpenAIReader:
    """Implements StreamReader: a tool call comes in pieces, and is told when it is whole."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._texts: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        """By the call's place."""
        self._usage: Any = None
        self._model, self._finish_reason = "", None

    @property
    def text(self) -> str:
        return "".join(self._texts)

    def read(self, event: Any) -> Iterator[ChatChunk]:
        self._model = event.model or self._model
        self._usage = event.usage or self._usage
        for choice in event.choices[:1]:
            self._finish_reason = choice.finish_reason or self._finish_reason
            for piece in choice.delta.tool_calls or ():
                self._add(piece)
            if choice.delta.content:
                self._texts.append(choice.delta.content)
                yield ChatChunk(delta=choice.delta.content)

    def end(self, request_id: str | None) -> tuple[list[ChatChunk], ChatResponse]:
        if self._finish_reason is None:
            raise cut()
        calls = [read_call(call) for _, call in sorted(self._calls.items())]
        cost = getattr(self._usage, "cost_usd", None)
        usage = _usage(
            self._usage, self._request, self.text, cost=None if cost is None else Decimal(str(cost))
        )
        response = ChatResponse(
            content=self.text,
            tool_calls=tuple(calls),
            usage=usage,
            model=self._model,
            finish_reason=self._finish_reason,
            request_id=request_id,
        )
        return [*[ChatChunk(tool_call=call) for call in calls], ChatChunk(usage=usage)], response

    def _add(self, piece: Any) -> None:
        call = self._calls.setdefault(piece.index, {"id": "", "name": "", "arguments": ""})
        call["id"] = piece.id or call["id"]
        if piece.function is not None:
            call["name"] = piece.function.name or call["name"]
            call["arguments"] += piece.function.arguments or ""
        if extra := getattr(piece, "extra_content", None):
            call["extra_content"] = extra


def _usage(said: Any, request: ChatRequest, content: str, *, cost: Decimal | None) -> Usage:
    """What the vendor told; what is counted here where it told nothing."""
    if said is not None:
        given, made = said.prompt_tokens, said.completion_tokens
    else:
        given, made = count_messages(request), count_tokens(content)
    return Usage(
        input_tokens=given, output_tokens=made, total_tokens=given + made, cost=cost, estimated=said is None
    )


def count_messages(request: ChatRequest) -> int:
    """About the tokens of a request's messages and tools."""
    texts = [
        content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=_shown)
        for message in request.messages
        if (content := message.get("content"))
    ]
    texts += [json.dumps(openai_tool(tool), ensure_ascii=False) for tool in request.tools]
    return MESSAGE_TOKENS * len(request.messages) + ANSWER_TOKENS + count_tokens("\n".join(texts))


def _shown(value: object) -> str:
    return str(value)
