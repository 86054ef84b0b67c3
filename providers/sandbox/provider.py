"""The sandbox as an LLMProvider: OpenAI's wire shapes, without a network."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from providers.port import Capability, Chunk, Completion, ProviderCall, Usage, VendorModel
from providers.sandbox.answer import answer_to
from providers.sandbox.directives import directives_in, directives_of
from providers.sandbox.embeddings import embeddings, input_tokens, inputs_of
from providers.sandbox.misbehaviour import came, charged, cut, misbehave, unanswered
from providers.sandbox.shapes import choices, deltas, head, usage_fields

_encode = msgspec.json.Encoder().encode


class SandboxProvider:
    """Answers by itself, calls tools that it is told to call (`tools.py`), and misbehaves on request (`Directives`)."""

    capabilities = frozenset({Capability.CHAT, Capability.STREAM, Capability.EMBED})

    def speaks(self, call: ProviderCall) -> bool:
        return call.protocol == "chat"

    async def count_input(self, call: ProviderCall) -> int | None:
        """Its count is of its own answers alone."""
        return None

    async def complete(self, call: ProviderCall) -> Completion:
        asked = directives_in(call.body)
        answer = answer_to(call.body, asked)
        await misbehave(call, asked, answer.usage)
        if asked.cut is not None:
            raise cut(unanswered(call, answer.usage))
        model = f"sandbox/{call.model}"
        body = head(call, model, "chat.completion") | {"choices": choices(answer)}
        if not asked.no_usage:
            body["usage"] = usage_fields(answer.usage)
        return Completion(body=_encode(body), model=model, usage=charged(answer.usage, asked))

    async def probe(self, timeout_s: float) -> None:
        """Do nothing: it is always there."""

    async def models(self, timeout_s: float) -> tuple[VendorModel, ...]:
        """Whatever it is asked for answers, so there is nothing to list."""
        return ()

    async def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        asked = directives_in(call.body)
        answer = answer_to(call.body, asked)
        await misbehave(call, asked, answer.usage)
        model = f"sandbox/{call.model}"
        begins = head(call, model, "chat.completion.chunk")
        for number, choice in enumerate(deltas(answer)):
            if asked.cut is not None and number >= asked.cut:
                raise cut(came(answer.usage, number))
            if asked.gap_s and number:
                await asyncio.sleep(asked.gap_s)
            yield Chunk(data=_encode(begins | {"choices": [choice]}), model=model)
        data = (
            b"" if asked.no_usage else _encode(begins | {"choices": [], "usage": usage_fields(answer.usage)})
        )
        yield Chunk(data=data, model=model, usage=charged(answer.usage, asked), only_usage=True)

    async def embed(self, call: ProviderCall) -> Completion:
        """The last text among the inputs may hold directives."""
        inputs = inputs_of(call.body)
        asked = directives_of(next((one for one in reversed(inputs) if isinstance(one, str)), ""))
        usage = Usage(input_tokens=input_tokens(inputs), output_tokens=0)
        await misbehave(call, asked, usage)
        if asked.cut is not None:
            raise cut(unanswered(call, usage))
        model = f"sandbox/{call.model}"
        body: dict[str, Any] = {"object": "list", "data": await embeddings(call.body, inputs), "model": model}
        if not asked.no_usage:
            body["usage"] = {"prompt_tokens": usage.input_tokens, "total_tokens": usage.input_tokens}
        return Completion(body=_encode(body), model=model, usage=charged(usage, asked))

    async def close(self) -> None:
        """Do nothing: it has no connections."""
