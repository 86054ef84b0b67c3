"""A vendor whose model does what it is asked: it calls tools that it must call or that the question is about, and fills
schemas by what the question says. For suites that expect a model to have some sense.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.vendors.directives import Directives, text_of
from tests.vendors.filled_schemas import filled, quoted_names
from tests.vendors.openai_app import FakeOpenAI
from tests.vendors.openai_chat import wired_chat
from tests.vendors.openai_shapes import Choice
from tests.vendors.wire_app import Wired

SHORT_WORD = 4
"""Letters; a shorter word of a tool's name says nothing of what it is for."""
PIECE = 12
"""Characters of an answer that make a token."""


class ObedientVendor(FakeOpenAI):
    """It answers by one call or in words, never both."""

    def wired(self, body: dict[str, Any], model: str, asked: Directives) -> Wired:
        return wired_chat(body, asked, (_choice(body),))


def _choice(body: Mapping[str, Any]) -> Choice:
    last = body["messages"][-1]
    prompt = text_of(last)
    tool = _tool_for(body, prompt) if last["role"] == "user" or _must_call(body) else None
    if tool is not None:
        arguments = json.dumps(filled(tool.get("parameters", {}), prompt), ensure_ascii=False)
        return Choice(
            index=0,
            tokens=(),
            finish_reason="tool_calls",
            tool=tool["name"],
            arguments=_pieces(arguments),
        )
    tokens = _pieces(_words(body, prompt))
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or len(tokens)
    return Choice(index=0, tokens=tokens[:limit], finish_reason="stop" if len(tokens) <= limit else "length")


def _tool_for(body: Mapping[str, Any], prompt: str) -> dict[str, Any] | None:
    """The tool to be called: the one that is named, any if one must be, else one whose name the question is about."""
    tools = [tool["function"] for tool in body.get("tools") or () if tool["type"] == "function"]
    choice = body.get("tool_choice")
    if choice == "none":
        return None
    if isinstance(choice, dict):
        return next(tool for tool in tools if tool["name"] == choice["function"]["name"])
    about = [tool for tool in tools if _is_about(tool["name"], prompt)]
    return next(iter(about or (tools if _must_call(body) else [])), None)


def _must_call(body: Mapping[str, Any]) -> bool:
    choice = body.get("tool_choice")
    return choice == "required" or isinstance(choice, dict)


def _is_about(name: str, prompt: str) -> bool:
    asked = prompt.lower()
    return any(word in asked for word in re.split(r"[_\W]+", name.lower()) if len(word) > SHORT_WORD)


def _words(body: Mapping[str, Any], prompt: str) -> str:
    """JSON where the request wants it."""
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        return json.dumps(filled(wanted["json_schema"]["schema"], prompt))
    if wanted.get("type") == "json_object":
        return json.dumps(dict.fromkeys(quoted_names(prompt), "as you wish"))
    return f"I was asked this, and nothing else: {prompt or 'nothing'}"[:400]


def _pieces(text: str) -> tuple[str, ...]:
    return tuple(text[start : start + PIECE] for start in range(0, len(text), PIECE))
