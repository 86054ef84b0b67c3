"""A whole answer to a caller who asked for a stream as chunks, and a stream to a caller who asked for none as a whole.

Some servers answer in the other form than they were asked for; the SDKs read either only where they asked for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from providers.openai_compatible.lenient_json import decode_object, encode_lenient

MAX_CHOICES = 128
MAX_NUMBERED = 128
"""Numbered items of a list, such as tool calls, that are put together; what is beyond stays in pieces."""
MAX_HEAD = 256
"""Characters of what every chunk repeats."""
NULL_USAGE = (b',"usage":null', b', "usage": null')
HEAD = ("id", "created", "model", "system_fingerprint", "service_tier")


def chunks_of(answer: Mapping[str, Any]) -> Iterator[bytes]:
    """A chunk for each choice, numbered by its place, and one with the usage."""
    head = head_of(answer)
    choices = answer.get("choices")
    for place, choice in enumerate(choices[:MAX_CHOICES] if isinstance(choices, list) else ()):
        if isinstance(choice, Mapping):
            rest = {name: value for name, value in choice.items() if name not in ("message", "index")}
            yield encode_lenient(
                head
                | {
                    "choices": [
                        {
                            "index": place,
                            "delta": _delta_of(choice.get("message")),
                            "finish_reason": None,
                            **rest,
                        }
                    ]
                }
            )
    if answer.get("usage"):
        yield encode_lenient(head | {"choices": [], "usage": answer["usage"]})


def head_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What every chunk of an answer repeats."""
    head = {name: answer[name] for name in HEAD if name in answer and _is_short(answer[name])}
    return head | {"object": "chat.completion.chunk"}


def without_usage(chunk: bytes) -> bytes:
    """A chunk without the usage that nobody but the gateway has asked for. Raises NotJson."""
    return encode_lenient({name: value for name, value in decode_object(chunk).items() if name != "usage"})


def null_usage_in(chunk: bytes) -> bytes:
    """The field that says no more than that usage will come, as the vendor writes it; empty: it is not there. In a text
    of JSON its quotes would be escaped.
    """
    return next((written for written in NULL_USAGE if written in chunk), b"")


def _is_short(value: object) -> bool:
    return isinstance(value, int | float | None) or (isinstance(value, str) and len(value) <= MAX_HEAD)


def _delta_of(message: object) -> dict[str, Any]:
    """A message as one delta, in which tool calls are numbered."""
    if not isinstance(message, Mapping):
        return {}
    delta = dict(message)
    calls = delta.get("tool_calls")
    if isinstance(calls, list):
        delta["tool_calls"] = [
            {"index": place, **call} if isinstance(call, Mapping) else call
            for place, call in enumerate(calls)
        ]
    return delta


class WholeAnswer:
    """Chunks put together again."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._choices: dict[int, dict[str, Any]] = {}
        self._usage: object = None

    def add(self, chunk: Mapping[str, Any]) -> None:
        for name, value in chunk.items():
            if name not in ("choices", "usage", "object") and value is not None:
                self._head.setdefault(name, value)
        self._usage = chunk.get("usage") or self._usage
        choices = chunk.get("choices")
        for place, choice in enumerate(choices if isinstance(choices, list) else ()):
            if isinstance(choice, Mapping):
                index = choice.get("index", place)
                self._add_choice(index if isinstance(index, int) else place, choice)

    def body(self) -> bytes:
        """The chat.completion object as JSON."""
        choices = [_joined(self._choices[index]) for index in sorted(self._choices)]
        answer = self._head | {"object": "chat.completion", "choices": choices}
        return encode_lenient(answer | ({"usage": self._usage} if self._usage else {}))

    def _add_choice(self, index: int, choice: Mapping[str, Any]) -> None:
        if index not in self._choices and len(self._choices) >= MAX_CHOICES:
            return
        whole = self._choices.setdefault(
            index,
            {"index": index, "message": {"role": "assistant", "content": None}, "finish_reason": None},
        )
        for name, value in choice.items():
            if name in ("delta", "message"):
                _merge(whole["message"], value if isinstance(value, Mapping) else {})
            elif name == "logprobs" and isinstance(value, Mapping):
                known = whole.get("logprobs")
                whole["logprobs"] = _merge(known if isinstance(known, dict) else {}, value)
            elif name != "index" and value is not None:
                whole[name] = value


@dataclass(slots=True)
class _Pieces:
    """A text that is still growing: adding to a Python text copies it, each time all of it."""

    texts: list[str]


def _joined(value: Any) -> Any:
    """A value in which every growing text is one text."""
    if isinstance(value, _Pieces):
        return "".join(value.texts)
    if isinstance(value, dict):
        return {name: _joined(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_joined(item) for item in value]
    return value


def _merge(into: dict[str, Any], delta: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and lists go on, numbered items are merged by number, everything else is replaced."""
    for name, value in delta.items():
        known = into.get(name)
        if value is None:
            into.setdefault(name, None)
        elif name in ("role", "id", "type", "index") or known is None:
            into[name] = _merged_list([], value) if isinstance(value, list) else value
        elif isinstance(known, _Pieces) and isinstance(value, str):
            known.texts.append(value)
        elif isinstance(known, str) and isinstance(value, str):
            into[name] = _Pieces([known, value])
        elif isinstance(known, list) and isinstance(value, list):
            into[name] = _merged_list(known, value)
        elif isinstance(known, dict) and isinstance(value, Mapping):
            into[name] = _merge(known, value)
        else:
            into[name] = value
    return into


def _merged_list(known: list[Any], items: list[Any]) -> list[Any]:
    if not any(map(_is_numbered, items)):
        known += items
        return known
    by_index = {item["index"]: item for item in known[:MAX_NUMBERED] if _is_numbered(item)}
    for item in items:
        if _is_numbered(item):
            if item["index"] in by_index:
                _merge(by_index[item["index"]], item)
                continue
            item = dict(item)
            by_index[item["index"]] = item
        known.append(item)
    return known


def _is_numbered(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("index"), int)
