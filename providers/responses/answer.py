"""A whole chat answer as a Response: what the events of a stream come to that says all of it at once."""

import uuid
from collections.abc import Mapping
from typing import Any

from providers.port import Usage
from providers.responses.events import ResponsesEvents


def whole_of(answer: Mapping[str, Any], *, asked: Mapping[str, Any], usage: Usage) -> dict[str, Any]:
    """The Response of a decoded chat.completion. Raises ProviderError for one that nothing can be made of."""
    events = ResponsesEvents(asked=asked, attempt_id=uuid.uuid4().hex)
    for _ in events.feed({**answer, "choices": _as_deltas(answer.get("choices"))}):
        pass
    *_, last = events.end(usage)
    whole: dict[str, Any] = last["response"]
    return whole


def _as_deltas(choices: object) -> list[dict[str, Any]]:
    return [
        {**choice, "delta": _numbered(choice.get("message"))}
        for choice in (choices if isinstance(choices, list) else ())
        if isinstance(choice, Mapping)
    ]


def _numbered(message: object) -> dict[str, Any]:
    """A message as one delta, in which tool calls are numbered by their places."""
    if not isinstance(message, Mapping):
        return {}
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return dict(message)
    numbered = [{**call, "index": place} for place, call in enumerate(calls) if isinstance(call, Mapping)]
    return {**message, "tool_calls": numbered}
