"""What is logged has a bound: callers choose paths, names and texts, and errors repeat them."""

from collections.abc import MutableMapping
from typing import Any

MOST = 1_000
"""The most characters of one logged value."""
MOST_OF_A_TRACE = 16_000
"""The most characters of a value that says where something broke, such as a traceback."""
_TRACES = frozenset({"exception", "stack"})
_SHORT = (bool, int, float, type(None))


def without_traces_of_refusals(
    logger: object, method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drops the traceback of a request that was refused for what its caller sent (a structlog processor)."""
    status = line.get("status_code")
    if isinstance(status, int) and status < 500:
        line.pop("exc_info", None)
    return line


def cut_values(logger: object, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out the middle of every long value (a structlog processor)."""
    for name, value in line.items():
        if not isinstance(value, _SHORT):
            most = MOST_OF_A_TRACE if name in _TRACES else MOST
            text = value if isinstance(value, str) else str(value)
            if len(text) > most:
                line[name] = _cut(text, most)
    return line


def _cut(text: str, most: int) -> str:
    left_out = len(text) - most
    return f"{text[: most // 2]} ... {left_out:,} characters left out ... {text[-(most // 2) :]}"
