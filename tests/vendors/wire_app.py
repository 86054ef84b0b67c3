"""What the fake vendors with protocols of their own share: a log, directives, and every way an answer can go wrong."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiohttp import web
from msgspec import Struct

from tests.vendors.call_log import CallLog, SeenCall
from tests.vendors.directives import Directives, directives_in, text_of
from tests.vendors.openai_chat import HANG_S, hang_up

MAX_BODY_BYTES = 64 * 1024 * 1024
WIRE = Path(__file__).parents[2] / "fixtures" / "wire"
WORDS = ("the", " quick", " brown", " fox", " jumps", " over", " the", " lazy")
STALLS_AFTER = 3
"""Events of a stream."""


class Wired(Struct, frozen=True, kw_only=True):
    """One answer, in both forms."""

    answer: dict[str, Any]
    events: list[dict[str, Any]]
    usage: dict[str, Any]
    """What it bills, in the vendor's own figures."""


def case(vendor: str, name: str) -> dict[str, Any]:
    """A file of `fixtures/wire`."""
    found: dict[str, Any] = json.loads((WIRE / vendor / f"{name}.json").read_text())
    return found


def cases(vendor: str) -> list[str]:
    return sorted(path.stem for path in (WIRE / vendor).glob("*.json"))


class FakeWire(ABC):
    """One vendor: its log, and what it accepts. Subclasses speak its protocol."""

    api_key: str

    def __init__(self) -> None:
        self.log = CallLog()
        self.next: deque[str] = deque()
        """Directives for the calls to come, one each."""

    @abstractmethod
    def application(self) -> web.Application: ...

    @abstractmethod
    def error(self, status: int, message: str | None = None, *, retry_after: int = -1) -> web.Response:
        """An error as the vendor writes it; a negative `retry_after`: it does not say."""

    @abstractmethod
    def refusal(self, request: web.Request, body: dict[str, Any] | None) -> web.Response | None:
        """What the vendor refuses too."""

    @abstractmethod
    def wired(self, body: dict[str, Any], model: str, asked: Directives) -> Wired:
        """The answer to a request."""

    @abstractmethod
    def framed(self, event: dict[str, Any]) -> str:
        """An event of a stream, without the line ends that close it."""

    @abstractmethod
    def without_usage(self, wired: Wired) -> Wired: ...

    @abstractmethod
    def error_event(self) -> dict[str, Any]:
        """An error inside a stream that has begun."""

    @abstractmethod
    def messages(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The request's messages, each with its text under `content`, for the directives."""

    async def chat(
        self, request: web.Request, *, model: str | None = None, streamed: bool | None = None
    ) -> web.StreamResponse:
        body = await _json_body(request)
        call = self.log.begin(request.path, _peer(request), request.headers, body or {})
        try:
            response = self.refusal(request, body)
            if response is None:
                name = model or str((body or {}).get("model"))
                is_streamed = bool((body or {}).get("stream")) if streamed is None else streamed
                response = await self._answer(request, call, name, streamed=is_streamed)
            call.status = response.status
            return response
        except ConnectionError:
            return web.Response(status=499)  # the caller has gone
        finally:
            self.log.end(call)

    async def _answer(
        self, request: web.Request, call: SeenCall, model: str, *, streamed: bool
    ) -> web.StreamResponse:
        queued = self.next.popleft() if self.next else ""
        asked = directives_in({"model": f"{model} {queued}", "messages": self.messages(call.body)})
        if asked.reset:
            hang_up(request)
            return web.Response(status=499)
        await asyncio.sleep(HANG_S if asked.hang else asked.slow)
        if asked.status != 200:
            return self.error(asked.status, retry_after=asked.retry_after)
        wired = self.wired(call.body, model, asked)
        call.usage = wired.usage
        if asked.no_usage:
            wired = self.without_usage(wired)
        if streamed is not asked.other_form:
            return await self._streamed(request, call, asked, wired.events)
        return await self._whole(request, call, asked, wired.answer)

    async def _whole(
        self, request: web.Request, call: SeenCall, asked: Directives, answer: dict[str, Any]
    ) -> web.StreamResponse:
        data = json.dumps(self.error_event() if asked.error else answer, ensure_ascii=False).encode()
        if asked.bad_json:
            data = data[:30]
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

    async def _streamed(
        self, request: web.Request, call: SeenCall, asked: Directives, events: list[dict[str, Any]]
    ) -> web.StreamResponse:
        headers = {"content-type": asked.type or "text/event-stream; charset=utf-8"}
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        for number, event in enumerate(self._events(asked, events)):
            if number == asked.cut:
                await asyncio.sleep(0.02)
                hang_up(request)
                return response
            if number == asked.end:
                await response.write_eof()
                return response
            if number and asked.gap:
                await asyncio.sleep(asked.gap)
            if number == STALLS_AFTER and asked.stall:
                await asyncio.sleep(asked.stall)
            text = self.framed(event)
            if asked.bad_json and number == STALLS_AFTER:
                text = 'data: {"broken": ['
            await _write(response, text, asked)
            call.chunks += 1
        await response.write_eof()
        call.whole = True
        return response

    def _events(self, asked: Directives, events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for number, event in enumerate(events):
            if number == STALLS_AFTER and asked.error:
                yield self.error_event()
                return
            while number == STALLS_AFTER and asked.endless:
                yield event
            yield event


def said_in(body: dict[str, Any]) -> str:
    """The text of the last message."""
    return text_of(body["messages"][-1])


async def _write(response: web.StreamResponse, text: str, asked: Directives) -> None:
    line_end = "\r\n" if asked.crlf else "\n"
    data = (text.replace("\n", line_end) + line_end * 2).encode()
    size = asked.dribble or len(data)
    for start in range(0, len(data), size):
        await response.write(data[start : start + size])
        if asked.dribble:
            await asyncio.sleep(0)


async def _json_body(request: web.Request) -> dict[str, Any] | None:
    try:
        body = json.loads(await request.read())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _peer(request: web.Request) -> str:
    return str(request.transport.get_extra_info("peername")) if request.transport else ""
