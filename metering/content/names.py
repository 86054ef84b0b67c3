"""What is private in the names of a document's members: an object may be keyed by people's addresses."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from metering.content.detectors.phone import looking_up_at_most
from metering.content.documents import is_opaque
from metering.content.redact import Found, find, may_be_private, replaced

MOST_KEPT = 100
"""Characters of a name whose answer is kept."""


class PrivateName(NamedTuple):
    """One name with something private in it."""

    holder: dict[str, Any]
    """The object that has the member."""
    name: str
    path: str
    """Of the object."""
    found: tuple[Found, ...]


def private_names(document: Any, *, looks_at: Callable[[str], object] = len) -> Iterator[PrivateName]:
    """In the order of the document. `looks_at` is told each name that may be one, before it is looked through."""
    waiting: list[tuple[Any, str]] = [(document, "")]
    while waiting:
        value, path = waiting.pop()
        parts: list[tuple[Any, str]] = []
        if isinstance(value, dict):
            for name in list(value):
                below = f"{path}.{name}" if path else name
                if may_be_private(name):
                    looks_at(name)
                    if found := (_kept if len(name) <= MOST_KEPT else _found)(name):
                        yield PrivateName(value, name, path, found)
                        below = path
                if not is_opaque(value, name):
                    parts.append((value[name], below))
        elif isinstance(value, list):
            parts = [(part, f"{path}[{place}]") for place, part in enumerate(value)]
        waiting += [(part, at) for part, at in reversed(parts) if isinstance(part, (dict, list))]


def redact_names(documents: Sequence[Any]) -> Counter[str]:
    """Put words in the place of what is private, and count it by kind. The members stay in their order."""
    counted: Counter[str] = Counter()
    for document in documents:
        holders: dict[int, tuple[dict[str, Any], dict[str, str]]] = {}
        for each in private_names(document):
            counted.update(found.kind for found in each.found)
            renamed = holders.setdefault(id(each.holder), (each.holder, {}))[1]
            renamed[each.name] = replaced(each.name, list(each.found))
        for holder, renamed in holders.values():
            _rename(holder, renamed)
    return counted


def _rename(holder: dict[str, Any], renamed: dict[str, str]) -> None:
    """Names that are the same afterwards are told apart by a number."""
    members = list(holder.items())
    holder.clear()
    for name, value in members:
        wanted = name = renamed.get(name, name)
        number = 1
        while name in holder:
            number += 1
            name = f"{wanted} {number}"
        holder[name] = value


def _found(name: str) -> tuple[Found, ...]:
    with looking_up_at_most():  # of its own, so that what is kept does not depend on what came before
        return tuple(find(name))


_kept = lru_cache(4096)(_found)
"""Names come again and again, such as those of a tool's parameters."""
