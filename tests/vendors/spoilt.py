"""An answer of any shape in which something is wrong: a value that is odd, missing or of another type."""

import json
from collections.abc import Iterator
from typing import Any

from tests.vendors.decisions import Decisions
from tests.vendors.odd_values import ODD

MARK = "@odd@"
READABLE = [each for each in ODD if each.count(b"[") != 950]
"""Without what is nested nearly too deeply, so that a test can read it as well as the gateway."""
Path = tuple[str | int, ...]


def spoilt(decide: Decisions, answers: list[Any]) -> list[bytes]:
    """The answers as JSON, of which up to three values are odd; often none."""
    copies = json.loads(json.dumps(answers))
    odd: list[bytes] = []
    for _ in range(decide.below(4)):
        *way, last = decide.of(list(_paths(copies)) or [(0,)])
        holder = copies
        for step in way:
            holder = holder[step]
        if way and decide.once_in(4):
            del holder[last]
        elif way:
            holder[last] = f"{MARK}{len(odd)}"
            odd.append(decide.of(READABLE))
    return [_written(each, odd) for each in copies]


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The ways to all values within the answers."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        if path:
            yield (*path, key)
        if isinstance(part, dict | list):
            yield from _paths(part, (*path, key))


def _written(value: Any, odd: list[bytes]) -> bytes:
    data = json.dumps(value).encode()
    for place, each in enumerate(odd):
        data = data.replace(f'"{MARK}{place}"'.encode(), each)
    return data
