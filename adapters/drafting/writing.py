"""One answer of a model, told while it comes.

A model answers with a JSON object that has one long text in it. What is there of that text is told at once; the whole
answer is read and checked as any other, and repaired by asking again.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

import msgspec

from adapters.ask import REPAIRS, Complaint, Unusable, ask, asked_again, name_of, read_answer
from metering.ports import Body, Spending

T = TypeVar("T")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []


async def write(
    allowance: Spending, body: Body, answer: type[T], check: Callable[[T], str]
) -> AsyncGenerator[str, None]:
    """Parts of the text as they come. The answer is the last one that `check` was asked about.

    After a repair the text is another one than what was told. Raises Unusable and what `Spending.stream` raises.
    """
    text, reader, was_cut = "", TextReader(), False
    async with aclosing(allowance.stream(body | {"stream": True})) as chunks:
        async for chunk in chunks:
            if chunk.only_usage or not chunk.data:
                continue
            for choice in msgspec.json.decode(chunk.data, type=_Chunk).choices[:1]:
                piece = choice.delta.content or ""
                was_cut = was_cut or choice.finish_reason == "length"
                text += piece
                if told := reader.add(piece):
                    yield told
    complaint = "The answer was cut off at the output limit; a shorter one is wanted." if was_cut else ""
    if not complaint:
        found = read_answer(text, answer, check)
        complaint = found.text if isinstance(found, Complaint) else ""
    if complaint and not allowance.steps_left:
        raise Unusable(name_of(body), complaint)
    if complaint:
        await ask(allowance, asked_again(body, text, complaint), answer, check=check, repairs=REPAIRS - 1)


class TextReader:
    """Reads the value of `"text"` out of a JSON object that comes in pieces."""

    def __init__(self, name: str = "text") -> None:
        self._before = f'"{name}"'
        self._buffer = ""
        self._inside = self._ended = False

    def add(self, piece: str) -> str:
        """What the piece adds to the value."""
        if self._ended:
            return ""
        self._buffer += piece
        if not self._inside and not self._enter():
            return ""
        return self._read()

    def _enter(self) -> bool:
        place = self._buffer.find(self._before)
        if place < 0:
            return False
        rest = self._buffer[place + len(self._before) :].lstrip()
        if not rest.startswith(":") or not (rest := rest[1:].lstrip()).startswith('"'):
            return False
        self._buffer, self._inside = rest[1:], True
        return True

    def _read(self) -> str:
        told, place = [], 0
        while place < len(self._buffer):
            sign = self._buffer[place]
            if sign == '"':
                self._ended = True
                break
            if sign != "\\":
                told.append(sign)
                place += 1
                continue
            length = 6 if self._buffer[place + 1 : place + 2] == "u" else 2
            escape = self._buffer[place : place + length]
            if len(escape) < length:
                break
            told.append(_unescaped(escape))
            place += length
        self._buffer = self._buffer[place:]
        return "".join(told)


def _unescaped(escape: str) -> str:
    if escape[1] != "u":
        return _ESCAPES.get(escape[1], "")
    try:
        sign = chr(int(escape[2:], 16))
    except ValueError:
        return ""
    return "" if "\ud800" <= sign <= "\udfff" else sign
