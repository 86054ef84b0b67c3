"""Chat: one LLM call, passed through in the protocol in which it was asked."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from adapters.chat.cost import with_cost
from adapters.chat.shapes import check_shape
from metering.ports import Body, Spending, TaskRequest
from metering.types import ModelClass, Task, WireProtocol


class ChatAdapter:
    """The general task behind the routes of the vendors' protocols."""

    supported_tasks = frozenset({Task.CHAT})
    supported_model_classes = frozenset(ModelClass)

    def opening(self, request: TaskRequest) -> Body:
        """The request itself. Raises InvalidRequest, naming the field, where its shape is wrong."""
        check_shape(request.input, request.protocol)
        return request.input

    async def execute(self, request: TaskRequest, allowance: Spending) -> bytes:
        """The vendor's answer as it came."""
        answer = await allowance.complete(request.input)
        return answer.body

    async def stream(self, request: TaskRequest, allowance: Spending) -> AsyncGenerator[bytes, None]:
        """The vendor's events as they came, the usage with what it costs; in chat, for callers who asked for it."""
        shows_usage = request.protocol is not WireProtocol.CHAT or _wants_usage(request.input)
        async with aclosing(allowance.stream(request.input)) as chunks:
            async for chunk in chunks:
                if not chunk.data or (chunk.only_usage and not shows_usage):
                    continue
                if chunk.usage is not None or chunk.only_usage:
                    yield with_cost(chunk.data, allowance.usage()["cost_usd"])
                else:
                    yield chunk.data


def _wants_usage(body: Body) -> bool:
    options = body.get("stream_options") or {}
    return bool(options.get("include_usage"))
