"""JSON in which nothing that is written is dropped: a member that occurs twice is refused, and both places are told.
Half of a surrogate pair, which is no text that anybody could keep or send on, is refused too.
"""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

SHOWN = 64
"""So many characters of a member's name are repeated in a message."""


class MemberTwice(ValueError):
    """A member of an object occurs twice. `path` leads to it, such as `rules.0.key`."""

    def __init__(self, path: str, first: int, second: int) -> None:
        super().__init__(f"{path} occurs twice, as members {first} and {second} of its object")
        self.path = path


class _Torn(dict[str, Any]):
    """An object with a member that occurs twice."""

    def __init__(self, pairs: list[tuple[str, Any]], name: str, first: int, second: int) -> None:
        super().__init__(pairs)
        self.name, self.first, self.second = name, first, second


def read_json(text: str) -> Any:
    """The value. Raises ValueError for text that is no JSON, MemberTwice, and RecursionError for deep nesting."""
    torn: list[_Torn] = []

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            members = _torn(pairs)
            torn.append(members)
        return members

    value = json.loads(text, object_pairs_hook=as_object, parse_constant=_refuse)
    if "\\ud" in text or "\\uD" in text:
        _refuse_half_pairs(value)
    if torn:
        path, found = next(_places(value))
        raise MemberTwice(".".join((*path, found.name[:SHOWN])), found.first, found.second)
    return value


def _torn(pairs: list[tuple[str, Any]]) -> _Torn:
    places: dict[str, int] = {}
    for place, (name, _) in enumerate(pairs, start=1):
        if name in places:
            return _Torn(pairs, name, places[name], place)
        places[name] = place
    raise AssertionError("no member occurs twice")


def _places(root: Any) -> Iterator[tuple[tuple[str, ...], _Torn]]:
    """Every torn object that is left, each with the way to it. Not recursive: JSON may be nested deeply."""
    left: list[tuple[tuple[str, ...], Any]] = [((), root)]
    while left:
        path, value = left.pop()
        if isinstance(value, _Torn):
            yield path, value
        if isinstance(value, dict):
            left += [((*path, name[:SHOWN]), member) for name, member in value.items()]
        elif isinstance(value, list):
            left += [((*path, str(index)), member) for index, member in enumerate(value)]


def _refuse_half_pairs(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it has half of a surrogate pair") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
