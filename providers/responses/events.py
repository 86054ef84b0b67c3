"""Chat chunks as the events of a Responses stream.

Items follow each other and never interleave. Chat numbers its tool calls, so their pieces may: what comes while a call
is not whole, and is not of this call, waits until it is, or until the stream ends.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from providers.openai_compatible.errors import broken
from providers.port import Usage
from providers.responses.citations import Citations
from providers.responses.head import known_tier, response, state_of, usage_object
from providers.responses.marks import OURS, sealed, seed_of
from providers.responses.namespaces import names_in_spaces
from providers.responses.output_items import Call, CustomCall, Event, Item, Message, Reasoning
from providers.responses.said import Numbering, Piece, logprobs_in, refusal_in, text_in, thoughts_in
from providers.responses.tools import custom_tools


class _Words(Struct, frozen=True, kw_only=True):
    """Some more thoughts, text or refusal."""

    kind: str
    text: str
    logprobs: list[dict[str, Any]] = []


class ResponsesEvents:
    """One answer, chunk by chunk. After an error nothing is called."""

    def __init__(self, *, asked: Mapping[str, Any], attempt_id: str) -> None:
        self._asked = asked
        self._attempt_id = attempt_id
        self._custom = custom_tools(asked)
        self._spaces = names_in_spaces(asked)
        self._response: dict[str, Any] = {}
        self._seed = ""
        self._number = 0
        self.finish: object = None
        """Why it ended, in the vendor's word; None: that was not said."""
        self._numbering = Numbering()
        self._citations = Citations()
        self._output: list[dict[str, Any]] = []
        self._open: Item | None = None
        self._calls: dict[int, tuple[str, Call]] = {}
        """Calls that have begun, with their ids."""
        self._unnamed: dict[int, list[Piece]] = {}
        """Pieces of calls whose names have not come."""
        self._waiting: deque[_Words | Piece] = deque()
        self._late: dict[str, Any] = {}
        """What calls want back that had begun before it came."""

    def feed(self, chunk: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The events of a chunk. Raises ProviderError for one that nothing can be made of."""
        yield from self._begun(chunk)
        self._citations.note_sources(chunk)
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, Mapping) and choice.get("index") in (0, None):
                given = choice.get("delta")
                delta = given if isinstance(given, Mapping) else {}
                self._citations.add(delta)
                for said in self._said(delta, choice):
                    yield from self._numbered(self._take(said))
                self.finish = choice.get("finish_reason") or self.finish

    def end(self, usage: Usage) -> Iterator[dict[str, Any]]:
        """The closing events, of which the last has the whole answer and the usage."""
        yield from self._begun({})
        state = state_of(self.finish, int(time.time()))
        yield from self._numbered(self._rest(str(state["status"])))
        whole = {**self._response, **state, "output": self._output, "usage": usage_object(usage)}
        yield from self._numbered(iter([{"type": f"response.{state['status']}", "response": whole}]))

    def _begun(self, chunk: Mapping[str, Any]) -> Iterator[Event]:
        if self._response:
            if chunk.get("service_tier"):
                self._response["service_tier"] = known_tier(chunk["service_tier"])
            return
        model, created = chunk.get("model"), chunk.get("created")
        self._seed = seed_of(chunk.get("id"), self._attempt_id)
        self._response = response(
            self._asked,
            seed=self._seed,
            model=model if isinstance(model, str) and model else str(self._asked.get("model") or ""),
            created_at=created if isinstance(created, int) and created > 0 else int(time.time()),
            service_tier=chunk.get("service_tier"),
        )
        for kind in ("response.created", "response.in_progress"):
            yield from self._numbered(iter([{"type": kind, "response": dict(self._response)}]))

    def _numbered(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            yield {"type": event["type"], "sequence_number": self._number, **event}
            self._number += 1

    def _said(self, delta: Mapping[str, Any], choice: Mapping[str, Any]) -> Iterator[_Words | Piece]:
        if thoughts := thoughts_in(delta):
            yield _Words(kind="thoughts", text=thoughts)
        text, logprobs = text_in(delta), logprobs_in(choice)
        if text or logprobs:
            yield _Words(kind="text", text=text, logprobs=logprobs)
        if words := refusal_in(delta):
            yield _Words(kind="refusal", text=words)
        yield from self._numbering.pieces_in(delta)

    def _take(self, said: _Words | Piece) -> Iterator[Event]:
        """Say it, or keep it until the call that is open is whole."""
        if not self._is_open(said) and self._is_blocked:
            self._waiting.append(said)
            return
        yield from self._say(said)
        if self._waiting and not self._is_blocked:
            waiting, self._waiting = self._waiting, deque()
            for each in waiting:
                yield from self._take(each)

    @property
    def _is_blocked(self) -> bool:
        return isinstance(self._open, Call) and not self._open.is_whole

    def _is_open(self, said: _Words | Piece) -> bool:
        """Whether it is of the call that is open."""
        known = self._calls.get(said.index) if isinstance(said, Piece) else None
        return known is not None and known[1] is self._open

    def _say(self, said: _Words | Piece) -> Iterator[Event]:
        if isinstance(said, Piece):
            yield from self._call(said)
        elif said.kind == "thoughts":
            if not isinstance(self._open, Reasoning):
                yield from self._turn_to(Reasoning(self._seed, self._next_place))
            if isinstance(self._open, Reasoning):
                yield from self._open.add(said.text)
        else:
            if not isinstance(self._open, Message):
                yield from self._turn_to(Message(self._seed, self._next_place, self._citations))
            if isinstance(self._open, Message):
                is_text = said.kind == "text"
                yield from (
                    self._open.add(said.text, said.logprobs) if is_text else self._open.refuse(said.text)
                )

    def _call(self, piece: Piece) -> Iterator[Event]:
        known = self._calls.get(piece.index)
        if known is None:
            held = self._unnamed.setdefault(piece.index, [])
            held.append(piece)
            if piece.name:
                del self._unnamed[piece.index]
                yield from self._begin_call(held)
            return
        id, call = known
        if piece.extra is not None:
            self._late[id] = piece.extra
        if call is self._open:
            yield from call.add(piece.arguments)
        elif piece.arguments.strip():
            raise broken("it went on with a tool call that had ended")

    def _begin_call(self, pieces: list[Piece]) -> Iterator[Event]:
        index, name = pieces[0].index, next((piece.name for piece in pieces if piece.name), "")
        id = next((piece.id for piece in pieces if piece.id), "") or f"call_{OURS}_{self._seed}_{index}"
        extra = next((piece.extra for piece in pieces if piece.extra is not None), None)
        if extra is not None:
            yield from self._carry({id: extra})
        made = CustomCall if name in self._custom else Call
        space, own_name = self._spaces.get(name, ("", name))
        call = made(self._seed, self._next_place, call_id=id, name=own_name, namespace=space)
        self._calls[index] = id, call
        yield from self._turn_to(call)
        for piece in pieces:
            yield from call.add(piece.arguments)

    def _carry(self, extras: Mapping[str, Any]) -> Iterator[Event]:
        """Have a reasoning item bring it back, that of the thoughts just before, if there is one."""
        if not isinstance(self._open, Reasoning):
            yield from self._turn_to(Reasoning(self._seed, self._next_place))
        if isinstance(self._open, Reasoning):
            self._open.sealed = sealed(extras)

    @property
    def _next_place(self) -> int:
        return len(self._output) + (self._open is not None)

    def _turn_to(self, item: Item) -> Iterator[Event]:
        yield from self._close("completed")
        self._open = item
        yield item.added()

    def _close(self, status: str) -> Iterator[Event]:
        if self._open is not None:
            if isinstance(self._open, Call) and status == "completed":
                yield from self._open.without_arguments()
            yield from self._open.rest()
            event = self._open.done(status)
            self._output.append(event["item"])
            self._open = None
            yield event

    def _rest(self, status: str) -> Iterator[Event]:
        """Whatever is still to be said when the stream has ended."""
        while self._waiting:
            yield from self._close("completed")
            waiting, self._waiting = self._waiting, deque()
            for each in waiting:
                yield from self._take(each)
        for pieces in list(self._unnamed.values()):
            yield from self._begin_call(pieces)
        if not self._output and self._open is None and status == "completed":
            yield from self._say(_Words(kind="text", text=""))
        yield from self._close(status)
        if self._late:
            yield from self._carry(self._late)
            yield from self._close("completed")
