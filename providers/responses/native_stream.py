"""A vendor's Responses stream, read event by event and passed on as it came, without any I/O.

The usage stands in the terminal event and nowhere else, so that event waits until the charge is known.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from providers.openai_compatible.errors import broken, error_within
from providers.openai_compatible.events import BoundedEvents
from providers.openai_compatible.final_usage import usage_of_answer, usage_of_cut
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.lenient_json import NotJson, decode_object, on_one_line
from providers.openai_compatible.streamed import DONE_FORMS
from providers.openai_compatible.traits import Traits, may_hide_reasoning
from providers.openai_compatible.usage import ReportedUsage
from providers.port import Chunk, ProviderCall, Usage
from providers.responses.native_answer import FAILED, name_of, tier_of
from providers.responses.native_items import MAX_ITEMS, WireResponse, add_items, response_from

COMPLETE = ("response.completed", "response.incomplete")
"""The types of the event that ends an answer."""
BEYOND_TEXT = ("response.audio.delta", "response.image_generation_call.partial_image")


class _Event(Struct):
    """The fields of an event that the gateway reads."""

    type: Any = None
    delta: Any = None
    item: Any = None
    response: Any = None
    error: Any = None
    message: Any = None
    code: Any = None
    param: Any = None


_decode = msgspec.json.Decoder(_Event).decode


class ResponsesStream:
    """What the events so far have said. Every failure is a ProviderError, after the chunks before it."""

    def __init__(self, call: ProviderCall, api_key: str, traits: Traits) -> None:
        self._call = call
        self._api_key = api_key
        self._traits = traits
        self._events = BoundedEvents()
        self._model = ""
        self._tier = ""
        self._last = b""
        """The terminal event."""
        self._has_failed = False
        """Whether the vendor itself has said so, at the end."""
        self._kinds: dict[object, dict[str, Any]] = {}
        """The items that have begun, by their ids: of each the type, and what it does."""
        self._reported = ReportedUsage()
        self._generated = Generated()
        self.done = False
        """Whether the terminal event was read."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing that matters is missing."""
        return self.done

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """The chunks that these bytes complete, up to the terminal event."""
        return self._chunks(self._events.feed(data))

    async def end(self) -> list[Chunk]:
        """The last chunks: what came without its blank line, and the terminal event with the charge."""
        chunks = [] if self.done else list(self._chunks(self._events.end()))
        if not self.done:
            raise broken("its stream ended before its answer did")
        return [*chunks, Chunk(data=self._last, model=self._model, usage=await self._charge())]

    async def came(self) -> Usage | None:
        """What may be billed where the answer breaks off now; None if nothing came."""
        if self._generated.is_empty and self._reported.is_empty:
            return None
        if self._has_failed and not self._reported.is_empty:
            return await self._charge()  # it has told the whole of it
        self._reported.extras.output([*self._kinds.values()])
        hides = may_hide_reasoning(self._call.model, self._traits)
        return await usage_of_cut(
            self._call, self._reported, self._generated, self._tier, may_hide_reasoning=hides
        )

    async def _charge(self) -> Usage:
        self._reported.extras.output([*self._kinds.values()])
        return await usage_of_answer(self._call, self._reported, self._generated, self._tier)

    def _chunks(self, events: list[bytes]) -> Iterator[Chunk]:
        for data in events:
            if self.done:
                return
            if data[:1] != b"{" and data.lstrip().startswith(DONE_FORMS):
                continue  # some proxies end every stream by it
            try:
                event, data = _read(data), on_one_line(data)
            except NotJson:
                raise broken("an event of its stream is not valid JSON") from None
            self._note(event)
            if event.type in COMPLETE:
                self._last, self.done = data, True
            else:
                yield Chunk(data=data, model=self._model)

    def _note(self, event: _Event) -> None:
        """Take in what it says. Raises ProviderError for an error."""
        kind = event.type
        if type(event.delta) is str:
            if kind == "response.output_text.delta":  # nearly always
                self._generated.add(event.delta)
                return
            if kind in BEYOND_TEXT:
                self._generated.beyond_text = True
            else:
                self._generated.add(event.delta)
        elif kind == "response.output_item.added":
            self._note_item(event.item)
        elif kind == "response.output_item.done":
            self._note_action(event.item)
        elif isinstance(event.response, Mapping):
            self._note_response(kind, response_from(event.response))
        elif kind in BEYOND_TEXT:
            self._generated.beyond_text = True
        if kind in ("error", "response.failed") or event.error:
            raise self._failure(event)

    def _note_item(self, item: object) -> None:
        if isinstance(item, Mapping):
            if len(self._kinds) < MAX_ITEMS:
                id = item.get("id")
                place = id if isinstance(id, str) and id not in self._kinds else len(self._kinds)
                self._kinds[place] = {"type": item.get("type"), "action": item.get("action")}
            name = item.get("name")
            if isinstance(name, str):
                self._generated.add(name)

    def _note_action(self, item: object) -> None:
        """What a search has done stands in its item when it has ended."""
        if isinstance(item, Mapping) and isinstance(item.get("action"), Mapping):
            id = item.get("id")
            if isinstance(id, str) and id in self._kinds:
                self._kinds[id]["action"] = item["action"]

    def _note_response(self, kind: object, answer: WireResponse) -> None:
        self._model = name_of(answer.model) or self._model
        self._tier = tier_of(answer.service_tier) or self._tier
        self._reported.add(answer.usage)
        if kind in COMPLETE or kind == "response.failed":
            self._reported.extras.output(answer.output)
            if self._generated.is_empty:
                add_items(self._generated, answer.output)

    def _failure(self, event: _Event) -> Exception:
        self._has_failed = event.type == "response.failed"
        problem: object = event.error or event.response or FAILED
        if isinstance(event.response, Mapping):
            problem = event.response.get("error") or FAILED
        elif event.message and not event.error:
            problem = {"message": event.message, "code": event.code, "param": event.param}
        began = not (self._reported.is_empty and self._generated.is_empty)
        return error_within(problem, self._api_key, began=began, words=self._traits.error_words)


def _read(data: bytes) -> _Event:
    """One event. Raises NotJson where it is no JSON object."""
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        given = decode_object(data)
        return _Event(**{name: given.get(name) for name in _Event.__struct_fields__})
