"""Calls to a provider, as metering makes them."""

from typing import Any

import msgspec
from msgspec import Struct, field

from metering.ports import Progress
from providers.port import Chunk, LLMProvider

OUTPUT_LIMIT = 100


class Asked(Struct, frozen=True, kw_only=True):
    model: str
    payload: bytes
    body: dict[str, Any]
    asked: dict[str, Any]
    output_limit: int = OUTPUT_LIMIT
    input_bound: int = 1_000_000
    traits: dict[str, Any] = {}
    progress: Progress = field(default_factory=Progress)
    attempt_id: str = "attempt-1"
    timeout_s: float = 60.0
    first_byte_s: float = 60.0
    protocol: str = "chat"
    headers: dict[str, str] = {}


def asking(
    text: str = "hello", *, timeout_s: float = 60.0, added: dict[str, Any] | None = None, **fields: Any
) -> Asked:
    """`added` is what the gateway put into the request, `fields` what the caller did."""
    asked = {"model": "fake-small", "messages": [{"role": "user", "content": text}], **fields}
    body = asked | (added or {})
    return Asked(
        model="fake-small", payload=msgspec.json.encode(body), body=body, asked=asked, timeout_s=timeout_s
    )


def streamed(text: str = "hello", *, timeout_s: float = 60.0, **fields: Any) -> Asked:
    fields = {"stream": True, "stream_options": {"include_usage": True}, **fields}
    return asking(text, timeout_s=timeout_s, **fields)


def asking_responses(
    given: str | list[dict[str, Any]] = "hello", *, timeout_s: float = 60.0, **fields: Any
) -> Asked:
    """A call in OpenAI's Responses."""
    body = {"model": "fake-small", "input": given, **fields}
    return Asked(
        model="fake-small",
        payload=msgspec.json.encode(body),
        body=body,
        asked=body,
        timeout_s=timeout_s,
        protocol="responses",
    )


async def answer(provider: LLMProvider, call: Asked) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode((await provider.complete(call)).body)
    return decoded


async def chunks_of(provider: LLMProvider, call: Asked) -> list[Chunk]:
    return [chunk async for chunk in provider.stream(call)]


def said(chunks: list[Chunk]) -> str:
    """What the chunks say, joined."""
    choices = [
        choice for chunk in chunks if chunk.data for choice in msgspec.json.decode(chunk.data)["choices"]
    ]
    return "".join(choice["delta"].get("content") or "" for choice in choices)
