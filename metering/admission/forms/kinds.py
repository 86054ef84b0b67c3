"""The type of a part, a block or a tool, whatever stands there: inside of tools' results no shape was checked."""

from typing import Any


def kind_of(given: Any) -> str:
    """Return the `type` of an item; empty where it has none, or one that is no text."""
    kind = given.get("type") if isinstance(given, dict) else None
    return kind if isinstance(kind, str) else ""
