"""Answers of the fake vendor in OpenAI's shape, and a cache in the test run's Redis."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway_project.answer_forms import FORMS
from metering.answer_cache.cache import AnswerCache
from metering.answer_cache.key import CacheKey
from metering.answer_cache.store import AnswerStore
from metering.answer_cache.wish import CacheWish, read_wish
from tests.fakes.vendors import FakeAnswer, FakeChunk, FakeUsage

HEAD = {"id": "chatcmpl-1", "created": 1, "model": "fake-1"}
COST = 15_000
"""Nano-USD of an answer of the fake vendor, at a dollar per million tokens."""
USED = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def whole(text: str = "hi", *, finish_reason: str = "stop", **message: Any) -> FakeAnswer:
    said = {"role": "assistant", "content": text, **message}
    choices = [{"index": 0, "message": said, "finish_reason": finish_reason}]
    body = HEAD | {"object": "chat.completion", "choices": choices, "usage": USED}
    return FakeAnswer(body=json.dumps(body).encode())


def streamed(*texts: str, finish_reason: str = "stop") -> list[Any]:
    chunks = [_chunk([{"index": 0, "delta": {"content": text}, "finish_reason": None}]) for text in texts]
    chunks.append(_chunk([{"index": 0, "delta": {}, "finish_reason": finish_reason}]))
    data = json.dumps(HEAD | {"object": "chat.completion.chunk", "choices": [], "usage": USED}).encode()
    return [*chunks, FakeChunk(data=data, usage=FakeUsage(), only_usage=True)]


def _chunk(choices: list[dict[str, Any]]) -> FakeChunk:
    return FakeChunk(data=json.dumps(HEAD | {"object": "chat.completion.chunk", "choices": choices}).encode())


def text_of(body: bytes) -> str:
    return str(json.loads(body)["choices"][0]["message"]["content"])


def said(events: list[bytes]) -> str:
    deltas = [choice["delta"] for event in events for choice in json.loads(event)["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


def wish(text: str = "use") -> dict[str, CacheWish]:
    """As a part of a request."""
    return {"cache": read_wish(text)}


def cache_in(store: AnswerStore, **parts: Any) -> AnswerCache:
    return AnswerCache(store=store, forms=FORMS, **parts)


class WatchedStore:
    """Implements AnswerStore on another one. `asked` are the questions that were put to it."""

    def __init__(self, store: AnswerStore) -> None:
        self._store = store
        self.asked: list[str] = []
        self.keeping_takes_s = 0.0

    async def get(self, key: CacheKey) -> bytes | None:
        self.asked.append("get")
        return await self._store.get(key)

    async def put(self, key: CacheKey, content: bytes, *, ttl_s: int) -> None:
        self.asked.append("put")
        await asyncio.sleep(self.keeping_takes_s)
        await self._store.put(key, content, ttl_s=ttl_s)


class MovedClock:
    """The time, and `later` than that."""

    def __init__(self) -> None:
        self.later = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.later
