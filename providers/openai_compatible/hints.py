"""Fields that change nothing of what a model says, left out for vendors that refuse a request for them.

Callers of Anthropic's protocol send them with every request, and so may those whose requests fall back from it.
"""

from collections.abc import Mapping
from typing import Any

CACHE_MARK = "cache_control"
USER = "user"
LEARNT = ("reasoning_effort", "parallel_tool_calls", "verbosity")
"""Fields that a translation adds, and without which a vendor that refuses them answers as well as it can. A caller who
names one of them in chat means it.
"""
WITH_MARKS = ("messages", "tools")
MARK_IN_JSON = f'"{CACHE_MARK}"'.encode()


def without_hints(body: Mapping[str, Any], payload: bytes, refused: frozenset[str]) -> dict[str, Any]:
    """Keys with the values that they have to have instead; None: not to be sent."""
    changes: dict[str, Any] = {name: None for name in refused if name in body}
    if CACHE_MARK in refused and MARK_IN_JSON in payload:
        changes |= {name: _without_marks(body[name]) for name in WITH_MARKS if name in body}
    return changes


def _without_marks(items: Any) -> Any:
    """Messages or tools without their marks, and without those of their parts."""
    if not isinstance(items, list):
        return items
    return [_without_mark(item) for item in items]


def _without_mark(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return item
    kept = {name: value for name, value in item.items() if name != CACHE_MARK}
    if isinstance(kept.get("content"), list):
        kept["content"] = _without_marks(kept["content"])
    return kept
