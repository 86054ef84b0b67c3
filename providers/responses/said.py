"""What a chat message or delta says, in the order in which a Responses answer says it."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from providers.messages.begun_call import BegunCall
from providers.messages.said import function_in
from providers.openai_compatible.errors import broken
from providers.signatures import FIELD

MAX_CALLS = 1_000
"""Tool calls of one answer."""
THOUGHTS = ("reasoning_content", "reasoning")
"""Names under which vendors show what a model has thought, of which some use both."""


class Piece(Struct, frozen=True, kw_only=True):
    """Some more of a tool call."""

    index: int
    id: str
    name: str
    arguments: str
    extra: Mapping[str, Any] | None
    """What the vendor wants back with it."""


def thoughts_in(message: Mapping[str, Any]) -> str:
    """What is shown of the thinking."""
    for name in THOUGHTS:
        text = message.get(name)
        if isinstance(text, str) and text:
            return text
    return "".join(
        _text_of(each)
        for part in _parts(message)
        if part.get("type") == "thinking"  # Mistral
        for each in _items(part.get("thinking"))
    )


def text_in(message: Mapping[str, Any]) -> str:
    """The text, which a few vendors send in parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "".join(_text_of(part) for part in _parts(message) if part.get("type") == "text")


def refusal_in(message: Mapping[str, Any]) -> str:
    words = message.get("refusal")
    return words if isinstance(words, str) else ""


def logprobs_in(choice: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How probable each token of the text was."""
    found = choice.get("logprobs")
    return [
        {**_logprob(each), "top_logprobs": [_logprob(other) for other in _items(each.get("top_logprobs"))]}
        for each in (_items(found.get("content")) if isinstance(found, Mapping) else ())
    ]


def bare(logprobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same as the events with a text have them: without the bytes."""
    return [
        {
            "token": each["token"],
            "logprob": each["logprob"],
            "top_logprobs": [
                {"token": other["token"], "logprob": other["logprob"]} for other in each["top_logprobs"]
            ],
        }
        for each in logprobs
    ]


class Numbering:
    """Tells which call of an answer a piece belongs to, also where the vendor numbers none, or all of them alike."""

    def __init__(self) -> None:
        self._calls: list[BegunCall] = []
        """In the order in which they began; their places are their numbers."""
        self._under: dict[int, int] = {}
        """By the vendor's number, that of the last call which it was given to."""
        self._last = 0
        """Of the last piece."""

    def pieces_in(self, message: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces of tool calls in a message or a delta. Raises ProviderError for too many calls."""
        for call in _items(message.get("tool_calls")):
            id, extra = call.get("id"), call.get(FIELD)
            id = id if isinstance(id, str) else ""
            name, arguments = function_in(call)
            index = self._last = self._index(call.get("index"), id, name)
            self._calls[index].note(name, arguments)
            yield Piece(
                index=index,
                id=id,
                name=name,
                arguments=arguments,
                extra=extra if isinstance(extra, Mapping) and extra else None,
            )

    def _index(self, given: object, id: str, name: str) -> int:
        """The place of the call that a piece is of, or that begins with it."""
        number = given if type(given) is int and given >= 0 else None
        known = self._last if number is None else self._under.get(number)
        if number is None and (earlier := self._named(id)) is not None:
            return earlier
        if known is not None and known < len(self._calls) and not self._calls[known].is_followed_by(id, name):
            return known
        index = len(self._calls)
        if max(index, number or 0) >= MAX_CALLS:
            raise broken(f"its answer holds more than {MAX_CALLS:,} tool calls")
        self._calls.append(BegunCall(id))
        if number is not None:
            self._under[number] = index
        return index

    def _named(self, id: str) -> int | None:
        """The call that the vendor gave this id, if one has begun."""
        places = range(len(self._calls)) if id else ()
        return next((place for place in places if self._calls[place].given_id == id), None)


def _logprob(given: Mapping[str, Any]) -> dict[str, Any]:
    token, logprob, written = given.get("token"), given.get("logprob"), given.get("bytes")
    token = token if isinstance(token, str) else ""
    return {
        "token": token,
        "bytes": written if isinstance(written, list) else list(token.encode("utf-8", "replace")),
        "logprob": logprob if isinstance(logprob, int | float) else 0.0,
    }


def _text_of(part: Mapping[str, Any]) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else ""


def _parts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _items(message.get("content"))


def _items(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
