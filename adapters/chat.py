"""Chat: one LLM call, passed through."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from adapters.strict_input import invalid
from metering.ports import Body, Spending, TaskRequest
from metering.types import ModelClass, Task

Positive = Annotated[int, Meta(ge=1, le=10_000_000)]
MAX_MESSAGES = 10_000


class _Part(Struct):
    type: str | None = None


class _Message(Struct):
    role: Annotated[str, Meta(min_length=1, max_length=32)]
    content: str | list[_Part] | None = None


class _StreamOptions(Struct):
    include_usage: bool | None = None


class _Tool(Struct):
    type: str = "function"


class _ChatRequest(Struct):
    """The part of a chat completion request that metering depends on; every other field passes untouched."""

    messages: Annotated[list[_Message], Meta(min_length=1, max_length=MAX_MESSAGES)]
    max_tokens: Positive | None = None
    max_completion_tokens: Positive | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    tools: list[_Tool] | None = None


class ChatAdapter:
    """The general task behind the OpenAI-compatible routes."""

    supported_tasks = frozenset({Task.CHAT})
    supported_model_classes = frozenset(ModelClass)

    def opening(self, request: TaskRequest) -> Body:
        """The request itself. Raises InvalidRequest, naming the field, where its shape is wrong."""
        try:
            msgspec.convert(request.input, _ChatRequest)
        except msgspec.ValidationError as error:
            raise invalid(error) from None
        return request.input

    async def execute(self, request: TaskRequest, allowance: Spending) -> bytes:
        """The vendor's answer as it came."""
        answer = await allowance.complete(request.input)
        return answer.body

    async def stream(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[bytes, None]:
        """The vendor's chunks as they came; the usage chunk only for callers who asked for it."""
        options = request.input.get("stream_options") or {}
        wants_usage = bool(options.get("include_usage"))
        async with aclosing(allowance.stream(request.input)) as chunks:
            async for chunk in chunks:
                if chunk.data and (wants_usage or not chunk.only_usage):
                    yield chunk.data
