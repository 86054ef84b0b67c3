"""The sandbox as an LLMProvider: OpenAI's wire shapes, labelled as sandbox in `model` and `system_fingerprint`."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from msgspec.structs import replace

from providers.port import (
    Capability,
    Chunk,
    Completion,
    EstimateReason,
    Failure,
    ProviderCall,
    ProviderError,
    Usage,
    VendorModel,
)
from providers.sandbox.answer import SandboxAnswer, answer_to
from providers.sandbox.directives import Directives, directives_in

FINGERPRINT = "sandbox"
_encode = msgspec.json.Encoder().encode
RETRYABLE_STATUS = frozenset({408, 409, 429, 500, 502, 503, 504})


class SandboxProvider:
    """Answers by itself, and misbehaves on request (see `Directives`)."""

    capabilities = frozenset({Capability.CHAT, Capability.STREAM})

    def speaks(self, call: ProviderCall) -> bool:
        return call.protocol == "chat"

    async def count_input(self, call: ProviderCall) -> int | None:
        """Its count is of its own answers alone."""
        return None

    async def complete(self, call: ProviderCall) -> Completion:
        asked = directives_in(call.body)
        answer = answer_to(call.body, asked)
        await _misbehave(call, asked, answer)
        if asked.cut is not None:
            raise _cut(_unanswered(call, answer))
        model = f"sandbox/{call.model}"
        body = _head(call, model, "chat.completion") | {
            "choices": [
                {
                    "index": index,
                    "message": {"role": "assistant", "content": "".join(tokens), "refusal": None},
                    "logprobs": None,
                    "finish_reason": answer.finish_reason,
                }
                for index, tokens in enumerate(answer.choices)
            ]
        }
        if not asked.no_usage:
            body["usage"] = _usage(answer.usage)
        return Completion(body=_encode(body), model=model, usage=_charged(answer, asked))

    async def probe(self, timeout_s: float) -> None:
        """It is always there."""

    async def models(self, timeout_s: float) -> tuple[VendorModel, ...]:
        """Whatever it is asked for answers, so there is nothing to list."""
        return ()

    async def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        asked = directives_in(call.body)
        answer = answer_to(call.body, asked)
        await _misbehave(call, asked, answer)
        model = f"sandbox/{call.model}"
        head = _head(call, model, "chat.completion.chunk")
        for number, choice in enumerate(_deltas(answer)):
            if asked.cut is not None and number >= asked.cut:
                raise _cut(_came(answer, number))
            if asked.gap_s and number:
                await asyncio.sleep(asked.gap_s)
            yield Chunk(data=_encode(head | {"choices": [choice]}), model=model)
        data = b"" if asked.no_usage else _encode(head | {"choices": [], "usage": _usage(answer.usage)})
        yield Chunk(data=data, model=model, usage=_charged(answer, asked), only_usage=True)

    async def embed(self, call: ProviderCall) -> Completion:
        raise ProviderError("The sandbox has no embeddings.", failure=Failure.REFUSED, retryable=False)

    async def close(self) -> None:
        """There is nothing to let go of."""


async def _misbehave(call: ProviderCall, asked: Directives, answer: SandboxAnswer) -> None:
    call.progress.sent = True
    if asked.timeout or asked.slow_s > call.timeout_s:
        await asyncio.sleep(call.timeout_s if not asked.timeout else 0)
        raise ProviderError(
            "The sandbox timed out, as asked.",
            failure=Failure.TIMEOUT,
            retryable=True,
            usage=_unanswered(call, answer),
        )
    if asked.slow_s:
        await asyncio.sleep(asked.slow_s)
    if asked.error is not None:
        raise ProviderError(
            f"The sandbox answered {asked.error}, as asked.",
            failure=Failure.REFUSED,
            retryable=asked.error in RETRYABLE_STATUS,
            status=asked.error,
        )


def _cut(usage: Usage) -> ProviderError:
    return ProviderError(
        "The sandbox cut its answer off, as asked.", failure=Failure.CUT, retryable=True, usage=usage
    )


def _charged(answer: SandboxAnswer, asked: Directives) -> Usage:
    """What it reports; its own count, marked, where it was asked to report none."""
    return replace(answer.usage, estimate_reason=EstimateReason.MISSING) if asked.no_usage else answer.usage


def _unanswered(call: ProviderCall, answer: SandboxAnswer) -> Usage:
    return Usage(
        input_tokens=answer.usage.input_tokens,
        output_tokens=call.output_limit,
        estimate_reason=EstimateReason.UNANSWERED,
    )


def _came(answer: SandboxAnswer, chunks: int) -> Usage:
    """Of a stream that is cut after so many chunks, some of which hold no token."""
    return Usage(
        input_tokens=answer.usage.input_tokens,
        output_tokens=min(chunks, answer.usage.output_tokens or 0),
        estimate_reason=EstimateReason.CUT,
    )


def _head(call: ProviderCall, model: str, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-sandbox-{call.attempt_id}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
        "system_fingerprint": FINGERPRINT,
    }


def _deltas(answer: SandboxAnswer) -> list[dict[str, Any]]:
    """Choice by choice, a role, the tokens one by one, an end."""
    deltas: list[dict[str, Any]] = []
    for index, tokens in enumerate(answer.choices):
        deltas.append({"index": index, "delta": {"role": "assistant", "content": ""}, "finish_reason": None})
        deltas += [{"index": index, "delta": {"content": token}, "finish_reason": None} for token in tokens]
        deltas.append({"index": index, "delta": {}, "finish_reason": answer.finish_reason})
    return deltas


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input_tokens or 0,
        "completion_tokens": usage.output_tokens or 0,
        "total_tokens": (usage.input_tokens or 0) + (usage.output_tokens or 0),
    }
