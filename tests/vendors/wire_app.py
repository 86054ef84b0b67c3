"""What all fake vendors share: a log, directives, and every way an answer can go wrong."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web
from msgspec import Struct

from tests.vendors.call_log import CallLog, SeenCall
from tests.vendors.directives import Directives, directives_in
from tests.vendors.sending import HANG_S, hang_up, reset, send_events, send_whole

HUNG_UP, RESET = 499, 498
"""Our own notes of a call whose connection was closed or reset instead of an answer."""
MAX_BODY_BYTES = 64 * 1024 * 1024
WIRE = Path(__file__).parents[2] / "fixtures" / "wire"
WORDS = ("the", " quick", " brown", " fox", " jumps", " over", " the", " lazy")


class Wired(Struct, frozen=True, kw_only=True):
    """One answer, in both forms."""

    answer: dict[str, Any]
    events: list[dict[str, Any]]
    usage: dict[str, Any]
    """What it bills, in the vendor's own figures."""


def case(vendor: str, name: str) -> dict[str, Any]:
    """A file of `fixtures/wire`; a name with a folder is one of another folder than the vendor's."""
    path = f"{name}.json" if "/" in name else f"{vendor}/{name}.json"
    found: dict[str, Any] = json.loads((WIRE / path).read_text())
    return found


def cases(vendor: str) -> list[str]:
    return sorted(path.stem for path in (WIRE / vendor).glob("*.json"))


def vector_of(usage: Any, names: Iterable[str]) -> dict[str, Any]:
    """These figures of a usage, as the files in `usage` have them: of a part its model, input and output."""
    found = {name: getattr(usage, name) for name in names}
    if "parts" in found:
        found["parts"] = [[part.model, part.input_tokens, part.output_tokens] for part in usage.parts]
    return found


class FakeWire(ABC):
    """One vendor: its log, and what it accepts. Subclasses speak its protocol."""

    api_key: str | None
    stalls_after = 3
    """Events of a stream after which it goes wrong."""

    def __init__(self) -> None:
        self.log = CallLog()
        self.next: deque[str] = deque()
        """Directives for the calls to come, one each."""

    @abstractmethod
    def application(self) -> web.Application: ...

    @abstractmethod
    def error(
        self, status: int, message: str | None = None, *, retry_after: int = -1, param: str | None = None
    ) -> web.Response:
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

    def last_words(self, asked: Directives) -> str:
        """What comes after the last event of a stream."""
        return ""

    def headers(self) -> dict[str, str]:
        """Further headers of every answer."""
        return {}

    def before_an_answer(self) -> bytes:
        """What comes before the JSON of a whole answer."""
        return b""

    def more(self, event: dict[str, Any]) -> dict[str, Any]:
        """What an endless stream goes on with."""
        return event

    async def chat(
        self, request: web.Request, *, model: str | None = None, streamed: bool | None = None
    ) -> web.StreamResponse:
        body = await json_body(request)
        call = self.log.begin(request.path, peer_of(request), request.headers, body or {})
        try:
            response = self.refusal(request, body)
            if response is None:
                name = model or str((body or {}).get("model"))
                is_streamed = bool((body or {}).get("stream")) if streamed is None else streamed
                response = await self._answer(request, call, name, streamed=is_streamed)
            call.status = response.status
            return response
        except ConnectionError:
            return web.Response(status=HUNG_UP)  # the caller has gone
        finally:
            self.log.end(call)

    async def _answer(
        self, request: web.Request, call: SeenCall, model: str, *, streamed: bool
    ) -> web.StreamResponse:
        asked = self._directives(call.body, model)
        if asked.reset:
            hang_up(request)
            return web.Response(status=HUNG_UP)
        if asked.rst:
            reset(request)
            return web.Response(status=RESET)
        await asyncio.sleep(HANG_S if asked.hang else asked.slow)
        if asked.status != 200:
            return self.error(asked.status, retry_after=asked.retry_after, param=asked.param)
        wired = self.wired(call.body, model, asked)
        call.usage = wired.usage
        if asked.no_usage:
            wired = self.without_usage(wired)
        if streamed is asked.other_form:
            answer = self.error_event() if asked.error else wired.answer
            data = json.dumps(answer, ensure_ascii=False).encode()
            data = data[:30] if asked.bad_json else self.before_an_answer() + data
            return await send_whole(request, call, asked, data, self.headers())
        events = self._texts(asked, wired.events)
        return await send_events(
            request,
            call,
            asked,
            events,
            self.headers(),
            stalls_after=self.stalls_after,
            last_words="" if asked.no_done else self.last_words(asked),
        )

    def _directives(self, body: dict[str, Any], model: str) -> Directives:
        queued = self.next.popleft() if self.next else ""
        return directives_in({"model": f"{model} {queued}", "messages": self.messages(body)})

    def _texts(self, asked: Directives, events: list[dict[str, Any]]) -> Iterator[str]:
        for number, event in enumerate(self._events(asked, events)):
            if asked.bad_json and number == self.stalls_after:
                yield 'data: {"broken": ['
            elif asked.bad_sse:
                yield json.dumps(event)
            else:
                yield self.framed(event)

    def _events(self, asked: Directives, events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for number, event in enumerate(events):
            if number == self.stalls_after and asked.error:
                yield self.error_event()
                return
            while number == self.stalls_after and asked.endless:
                yield self.more(event)
            yield event


async def json_body(request: web.Request) -> dict[str, Any] | None:
    try:
        body = json.loads(await request.read())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def peer_of(request: web.Request) -> str:
    return str(request.transport.get_extra_info("peername")) if request.transport else ""
