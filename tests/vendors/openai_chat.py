"""POST /v1/chat/completions of the fake vendor, whole or streamed."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.vendors.call_log import SeenCall
from tests.vendors.directives import Directives
from tests.vendors.openai_errors import error_body
from tests.vendors.openai_shapes import (
    Choice,
    choices_for,
    head,
    logprobs_of,
    message_of,
    tool_call,
    usage_for,
)

HANG_S = 3600.0


async def answer_whole(request: web.Request, call: SeenCall, asked: Directives) -> web.StreamResponse:
    """The chat.completion object."""
    choices = choices_for(call.body, asked)
    call.usage = usage_for(call.body, asked, choices)
    answer = head(call.body, "chat.completion") | {
        "choices": [
            {
                "index": choice.index,
                "message": message_of(choice),
                "logprobs": logprobs_of(choice.tokens, call.body),
                "finish_reason": choice.finish_reason,
            }
            for choice in choices
        ]
    }
    if not asked.no_usage:
        answer["usage"] = call.usage
    if asked.error:
        answer = error_body(500)
    data = b'{"id": "chatcmpl-1", "choices": [' if asked.bad_json else json.dumps(answer).encode()
    response = web.StreamResponse(headers={"content-type": asked.type or "application/json"})
    response.content_length = len(data)
    await response.prepare(request)
    if asked.cut is not None:
        await response.write(data[: asked.cut])
        await asyncio.sleep(0.02)
        hang_up(request)
        return response
    if asked.stall:
        await response.write(data[: len(data) // 2])
        await asyncio.sleep(asked.stall)
        data = data[len(data) // 2 :]
    await response.write(data)
    await response.write_eof()
    call.whole = True
    return response


async def answer_streamed(request: web.Request, call: SeenCall, asked: Directives) -> web.StreamResponse:
    """Server-sent events: a role, the tokens, an end for each choice; usage if asked; [DONE]."""
    choices = choices_for(call.body, asked)
    call.usage = usage_for(call.body, asked, choices)
    response = web.StreamResponse(
        headers={
            "content-type": asked.type or "text/event-stream; charset=utf-8",
            "cache-control": "no-cache",
        }
    )
    response.enable_chunked_encoding()
    await response.prepare(request)
    for number, chunk in enumerate(_chunks(call.body, asked, choices)):
        if number == asked.cut:
            await asyncio.sleep(0.02)
            hang_up(request)
            return response
        if number == asked.end:
            await response.write_eof()
            return response
        if number and asked.gap:
            await asyncio.sleep(asked.gap)
        if number == 2 and asked.stall:
            await asyncio.sleep(asked.stall)
        await _write(response, framed(_spoilt(chunk, number, asked), asked), asked)
        call.chunks += 1
    if not asked.no_done:
        await _write(response, framed("[DONE]", asked), asked)
    await response.write_eof()
    call.whole = True
    return response


def hang_up(request: web.Request) -> None:
    """Close the connection without ending the answer."""
    if request.transport is not None:
        request.transport.abort()


def framed(data: str, asked: Directives) -> bytes:
    if asked.bad_sse:
        return f"{data}\n".encode()
    if asked.crlf:
        return f": keep-alive\r\n\r\nevent: chunk\r\ndata: {data}\r\n\r\n".encode()
    return f"data: {data}\n\n".encode()


def _spoilt(chunk: dict[str, Any], number: int, asked: Directives) -> str:
    if asked.bad_json and number == 2:
        return '{"id": "chatcmpl-1", "choices": ['
    if asked.error and number == 2:
        return json.dumps(error_body(500))
    return json.dumps(chunk, separators=(",", ":"))


async def _write(response: web.StreamResponse, data: bytes, asked: Directives) -> None:
    size = asked.dribble or len(data)
    for start in range(0, len(data), size):
        await response.write(data[start : start + size])
        if asked.dribble:
            await asyncio.sleep(0)


def _chunks(body: dict[str, Any], asked: Directives, choices: tuple[Choice, ...]) -> Iterator[dict[str, Any]]:
    """With `include_usage` every chunk has `usage: null`, and one more chunk without choices has the figures."""
    wants_usage = bool((body.get("stream_options") or {}).get("include_usage")) and not asked.no_usage
    start = head(body, "chat.completion.chunk")
    null = {"usage": None} if wants_usage else {}
    for choice in choices:
        for delta, finish_reason, tokens in _deltas(choice, endless=asked.endless):
            part = {"index": choice.index, "delta": delta, "logprobs": logprobs_of(tokens, body)}
            yield start | {"choices": [part | {"finish_reason": finish_reason}]} | null
    if wants_usage:
        yield start | {"choices": [], "usage": usage_for(body, asked, choices)}


def _deltas(choice: Choice, *, endless: bool) -> Iterator[tuple[dict[str, Any], str | None, tuple[str, ...]]]:
    yield {"role": "assistant", "content": None if choice.tool else "", "refusal": None}, None, ()
    for token in choice.tokens:
        yield {"content": token}, None, (token,)
    while endless:
        yield {"content": " more" * 2_000}, None, (" more",)
    if choice.tool:
        yield {"tool_calls": [{"index": 0} | tool_call(choice, "")]}, None, ()
        for piece in choice.arguments:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}, None, ()
    yield {}, choice.finish_reason, ()
