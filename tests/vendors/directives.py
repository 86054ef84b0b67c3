"""How a request asks the fake vendor to misbehave.

`vendor:NAME` or `vendor:NAME=VALUE` anywhere in the last message or in the model's name; several may be given.
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

_DIRECTIVE = re.compile(r"vendor:([a-z-]+)(?:=([\w./+-]+))?", re.ASCII)


class Directives(Struct, frozen=True, kw_only=True):
    """What was asked for; nothing by default."""

    slow: float = 0.0
    """Seconds before the first byte."""
    gap: float = 0.0
    """Seconds between chunks."""
    stall: float = 0.0
    """Seconds of silence after half of a whole answer, or after the second chunk."""
    words: int = 8
    """How many tokens each choice wants to be, before the request's own limit."""
    status: int = 200
    """Answer with this error status."""
    param: str | None = None
    """The field that the error objects to."""
    retry_after: int = 7
    """What a 429 or 503 says; negative: it does not say."""
    cut: int | None = None
    """Close the connection after this many content chunks; a whole answer, after this many bytes."""
    end: int | None = None
    """End the stream in good order, but without finish_reason and [DONE], after this many content chunks."""
    reset: bool = False
    """Close the connection instead of answering."""
    rst: bool = False
    """Reset it (TCP's RST) instead of answering, although the request was read."""
    hang: bool = False
    """Never answer."""
    bad_json: bool = False
    """Answer, or send a second chunk, that is not JSON."""
    bad_sse: bool = False
    """Send a stream without its framing."""
    no_usage: bool = False
    """Report none, whatever was asked."""
    no_done: bool = False
    """Leave out [DONE]."""
    more: int = 0
    """Report so many output tokens beyond what was allowed."""
    big: int = 0
    """Make the answer's first text this many bytes longer."""
    endless: bool = False
    """Stream on until the caller leaves."""
    type: str = ""
    """The answer's content type."""
    error: bool = False
    """Answer 200 with an error object; a stream, after the second chunk."""
    reasoning: int = 0
    """Reasoning tokens among the output."""
    cached: int = 0
    """Cached tokens among the input."""
    crlf: bool = False
    """Frame a stream with CR LF, and put comments between its events."""
    dribble: int = 0
    """Send a stream in pieces of this many bytes."""
    case: str = ""
    """Answer with this file of `fixtures/wire`."""
    finish: str = ""
    """End each choice by this word, which may be the vendor's own."""
    other_form: bool = False
    """Stream where no stream was asked for, and the other way round."""
    tool: bool = False
    """Call the first tool that the request offers."""


def directives_in(body: Mapping[str, Any]) -> Directives:
    """The request's directives. An unknown one is the test's mistake: ValueError."""
    text = f"{body.get('model')} {text_of(body['messages'][-1]) if body.get('messages') else ''}"
    found: dict[str, Any] = {}
    for name, value in _DIRECTIVE.findall(text):
        field = name.replace("-", "_")
        kind = Directives.__annotations__.get(field)
        if kind is None:
            raise ValueError(f"the fake vendor knows no directive {name!r}")
        found[field] = _CONVERT[kind](value)
    return Directives(**found)


_CONVERT: dict[object, Any] = {
    float: float,
    int: int,
    int | None: int,
    str: str,
    str | None: str,
    bool: lambda value: value in ("", "1", "true"),
}


def text_of(message: Mapping[str, Any]) -> str:
    """A message's text, its parts joined."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text", "")) for part in content)
