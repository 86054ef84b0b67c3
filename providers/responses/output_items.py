"""The items of a Responses answer, each of which says itself in events: added, its pieces, done.

Events have no number yet (`events.py`). A text is kept in pieces until its item is done.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from providers.messages.whole_object import WholeObject
from providers.responses.citations import Citations
from providers.responses.marks import made_id
from providers.responses.said import bare
from providers.responses.tools import input_of

Event = dict[str, Any]


class Item(ABC):
    """One item of the output, while it grows."""

    kind: str
    """How its id begins."""

    def __init__(self, seed: str, place: int) -> None:
        self.id = made_id(self.kind, seed, place)
        self._place = place

    @abstractmethod
    def content(self, status: str) -> dict[str, Any]:
        """The item as it is now."""

    @abstractmethod
    def rest(self) -> Iterator[Event]:
        """The events that close what is open in it."""

    def added(self) -> Event:
        return self._event("response.output_item.added", item=self.content("in_progress"))

    def done(self, status: str) -> Event:
        return self._event("response.output_item.done", item=self.content(status))

    def _event(self, type: str, **fields: Any) -> Event:
        return {"type": type, "output_index": self._place, **fields}

    def _within(self, type: str, **fields: Any) -> Event:
        return self._event(type, item_id=self.id, **fields)


class Reasoning(Item):
    """What the model shows of its thoughts, and what it wants back with its calls."""

    kind = "rs"

    def __init__(self, seed: str, place: int) -> None:
        super().__init__(seed, place)
        self.sealed = ""
        """What has to come back with the next request."""
        self._texts: list[str] = []

    def content(self, status: str) -> dict[str, Any]:
        summary = [self._part("".join(self._texts))] if self._texts else []
        item = {"id": self.id, "type": "reasoning", "summary": summary}
        return {**item, "encrypted_content": self.sealed} if self.sealed else item

    def add(self, text: str) -> Iterator[Event]:
        if not self._texts:
            yield self._within("response.reasoning_summary_part.added", summary_index=0, part=self._part(""))
        self._texts.append(text)
        yield self._within("response.reasoning_summary_text.delta", summary_index=0, delta=text)

    def rest(self) -> Iterator[Event]:
        if self._texts:
            text = "".join(self._texts)
            yield self._within("response.reasoning_summary_text.done", summary_index=0, text=text)
            yield self._within("response.reasoning_summary_part.done", summary_index=0, part=self._part(text))

    def _part(self, text: str) -> dict[str, Any]:
        return {"type": "summary_text", "text": text}


class Message(Item):
    """What the model says: texts and refusals, one part after the other."""

    kind = "msg"

    def __init__(self, seed: str, place: int, citations: Citations) -> None:
        super().__init__(seed, place)
        self._citations = citations
        self._parts: list[dict[str, Any]] = []
        self._open = ""
        """The type of the part that is open, the last one."""
        self._texts: list[str] = []
        self._logprobs: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def content(self, status: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": list(self._parts),
        }

    def add(self, text: str, logprobs: list[dict[str, Any]]) -> Iterator[Event]:
        """Some more text, which may be none where there is no more than an empty text."""
        yield from self._turn_to("output_text")
        self._logprobs += logprobs
        if text:
            self._texts.append(text)
            yield self._in_part("response.output_text.delta", delta=text, logprobs=bare(logprobs))

    def refuse(self, words: str) -> Iterator[Event]:
        yield from self._turn_to("refusal")
        self._texts.append(words)
        yield self._in_part("response.refusal.delta", delta=words)

    def rest(self) -> Iterator[Event]:
        if not self._open:
            return
        text = "".join(self._texts)
        if self._open == "output_text":
            yield from self._cite(text)
            yield self._in_part("response.output_text.done", text=text, logprobs=bare(self._logprobs))
        else:
            yield self._in_part("response.refusal.done", refusal=text)
        part = self._part()
        yield self._in_part("response.content_part.done", part=part)
        self._parts.append(part)
        self._open, self._texts, self._logprobs, self._annotations = "", [], [], []

    def _cite(self, text: str) -> Iterator[Event]:
        """Where the sources stand in a text is told once it is whole: some vendors name them at its end alone."""
        for place, annotation in enumerate(self._citations.of(text)):
            self._annotations.append(annotation)
            yield self._in_part(
                "response.output_text.annotation.added", annotation_index=place, annotation=annotation
            )

    def _turn_to(self, type: str) -> Iterator[Event]:
        if self._open != type:
            yield from self.rest()
            self._open = type
            yield self._in_part("response.content_part.added", part=self._part())

    def _part(self) -> dict[str, Any]:
        text = "".join(self._texts)
        if self._open == "refusal":
            return {"type": "refusal", "refusal": text}
        return {
            "type": "output_text",
            "annotations": list(self._annotations),
            "logprobs": list(self._logprobs),
            "text": text,
        }

    def _in_part(self, type: str, **fields: Any) -> Event:
        return self._within(type, content_index=len(self._parts), **fields)


class Call(Item):
    """A call of a function."""

    kind = "fc"

    def __init__(self, seed: str, place: int, *, call_id: str, name: str, namespace: str = "") -> None:
        """`namespace`: that of the tool; empty: it is in none."""
        super().__init__(seed, place)
        self._named = {"call_id": call_id, "name": name}
        if namespace:
            self._named["namespace"] = namespace
        self._object = WholeObject()
        self._texts: list[str] = []

    @property
    def is_whole(self) -> bool:
        """Whether the arguments so far are a whole object, after which nothing can come."""
        return self._object.is_whole

    @property
    def arguments(self) -> str:
        return "".join(self._texts)

    def content(self, status: str) -> dict[str, Any]:
        item = {"id": self.id, "type": "function_call", "status": status}
        return {**item, "arguments": self.arguments, **self._named}

    def add(self, arguments: str) -> Iterator[Event]:
        if arguments:
            self._grow(arguments)
            yield self._within("response.function_call_arguments.delta", delta=arguments)

    def without_arguments(self) -> Iterator[Event]:
        """Where nothing was said although it is complete: some vendors say nothing for no arguments, and clients read
        them as JSON.
        """
        if not self.arguments.strip():
            yield from self.add("{}")

    def _grow(self, arguments: str) -> None:
        self._object.add(arguments)
        self._texts.append(arguments)

    def rest(self) -> Iterator[Event]:
        yield self._within("response.function_call_arguments.done", arguments=self.arguments)


class CustomCall(Call):
    """A call of a tool that takes free text, which is only known when its arguments are whole."""

    kind = "ctc"

    def content(self, status: str) -> dict[str, Any]:
        item = {"id": self.id, "type": "custom_tool_call", "status": status}
        return {**item, "input": self._input, **self._named}

    def add(self, arguments: str) -> Iterator[Event]:
        self._grow(arguments)
        yield from ()

    def without_arguments(self) -> Iterator[Event]:
        """It is called with no text."""
        yield from ()

    def rest(self) -> Iterator[Event]:
        if self._input:
            yield self._within("response.custom_tool_call_input.delta", delta=self._input)
        yield self._within("response.custom_tool_call_input.done", input=self._input)

    @property
    def _input(self) -> str:
        return input_of(self.arguments) if self._texts else ""
