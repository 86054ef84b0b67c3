"""How a request asks the sandbox to misbehave: `sandbox:NAME` or `sandbox:NAME=NUMBER` in its last user message."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

_DIRECTIVE = re.compile(r"sandbox:([a-z-]+)(?:=(\d+(?:\.\d+)?))?", re.ASCII)
MAX_DELAY_S = 3600.0


class Directives(Struct, frozen=True, kw_only=True):
    """What was asked for; nothing by default."""

    slow_s: float = 0.0
    """`slow=2`: wait before the answer's first byte."""
    gap_s: float = 0.0
    """`gap=0.1`: wait between chunks."""
    words: int | None = None
    """`words=50`: how long the answer wants to be, in tokens."""
    error: int | None = None
    """`error=500`: answer with this status."""
    cut: int | None = None
    """`cut=3`: break off after this many chunks; a whole answer breaks off at once."""
    overrun: int = 0
    """`overrun=100`: report this many output tokens beyond the limit, as a faulty vendor would."""
    no_usage: bool = False
    """`no-usage`: report none."""
    timeout: bool = False
    """`timeout`: never answer."""


def directives_in(body: Mapping[str, Any]) -> Directives:
    """The directives of the last user message."""
    return directives_of(last_user_text(body))


def directives_of(text: str) -> Directives:
    """The directives of a text; unknown ones mean nothing."""
    found = dict(_DIRECTIVE.findall(text))

    def number(name: str) -> float:
        return min(float(found.get(name) or 0), MAX_DELAY_S)

    def count(name: str) -> int | None:
        return int(float(found[name])) if found.get(name) else None

    return Directives(
        slow_s=number("slow"),
        gap_s=number("gap"),
        words=count("words"),
        error=count("error"),
        cut=count("cut"),
        overrun=count("overrun") or 0,
        no_usage="no-usage" in found,
        timeout="timeout" in found,
    )


def text_of(message: Mapping[str, Any]) -> str:
    """A message's text, its parts joined."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text", "")) for part in content)


def last_user_text(body: Mapping[str, Any]) -> str:
    """What the user said last."""
    for message in reversed(body["messages"]):
        if message.get("role") == "user":
            return text_of(message)
    return ""
