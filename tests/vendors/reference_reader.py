"""What a strict client reads of an answer: the rules of server-sent events, Python's JSON, and the fields that OpenAI's
SDK hands out. Written to be plain, not fast, and without a line of the gateway's own.
"""

import json
import re
from typing import Any

MAX_DIGITS = 4_000
LINE_END = re.compile(r"\r\n|\r|\n")
Texts = dict[int, str]
"""What each choice says, by its index."""


class Unreadable(Exception):
    """A strict client would fail, or not know that the answer is complete."""


def read_whole(body: bytes) -> Texts:
    """The texts of a whole answer. Raises Unreadable."""
    answer = _decoded(body)
    texts = {place: _text(choice, "message") for place, choice in enumerate(_choices(answer))}
    failed = (
        answer.get("error") or _groq_error(answer) or any(choice.get("error") for choice in _choices(answer))
    )
    if not texts or (failed and not any(texts.values())):
        raise Unreadable("nothing was said")
    return texts


def read_stream(data: bytes, *, ours: bool = False) -> Texts:
    """The texts of a stream, which is complete: it says so, or all its choices have ended. Raises Unreadable.

    `ours`: it was sent by the gateway, whose errors have one shape.
    """
    texts: Texts = {}
    finished: set[int] = set()
    for event in events_of(data):
        if event.startswith("[DONE]"):
            if not texts:
                raise Unreadable("nothing was said")
            return texts
        chunk = _decoded(event)
        if chunk.get("error") or _groq_error(chunk):
            raise Unreadable("an error")
        if not (ours or chunk.get("choices") or chunk.get("usage")):
            raise Unreadable("nothing of an answer: it may be an error of any shape")
        for choice in _choices(chunk) if chunk.get("choices") else ():
            index = choice.get("index")
            if type(index) is not int:
                raise Unreadable("no index")
            if choice.get("error"):
                raise Unreadable("an error in a choice")
            texts[index] = texts.get(index, "") + _text(choice, "delta")
            if choice.get("finish_reason"):
                finished.add(index)
    if not texts or finished != set(texts):
        raise Unreadable("it is not complete")
    return texts


def in_order(texts: Texts) -> list[str]:
    """The texts alone, in which halves of surrogate pairs that meet are one character."""
    in_pairs = [texts[index].encode("utf-16", "surrogatepass") for index in sorted(texts)]
    return [each.decode("utf-16", "replace") for each in in_pairs]


def events_of(data: bytes) -> list[str]:
    """The data of each event that a blank line ends. Raises Unreadable."""
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Unreadable("no UTF-8") from None
    events, lines = [], []
    for line in LINE_END.split(text)[:-1]:
        if not line:
            if any(lines):
                events.append("\n".join(lines))
            lines = []
        name, _, value = line.partition(":")
        if name == "event" and value.strip() == "error":
            raise Unreadable("an error by name")
        if name == "data":
            lines.append(value.removeprefix(" "))
    return events


def _decoded(data: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(data, parse_int=_integer)
    except (ValueError, RecursionError):
        raise Unreadable("no JSON") from None
    if not isinstance(value, dict):
        raise Unreadable("no object")
    return value


def _groq_error(answer: dict[str, Any]) -> object:
    groq = answer.get("x_groq")
    return groq.get("error") if isinstance(groq, dict) else None


def _integer(digits: str) -> int | float:
    """Other languages' clients read integers of any length, as Python does not."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


def _choices(answer: dict[str, Any]) -> list[dict[str, Any]]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise Unreadable("no choices")
    return choices


def _text(choice: dict[str, Any], kind: str) -> str:
    said = choice.get(kind)
    content = said.get("content") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(content, str | None):
        raise Unreadable("no text")
    return content or ""
