"""The fake vendors that speak OpenAI's protocol, each in its own way (`tests/vendors/dialects.py`)."""

from typing import Any

from aiohttp import web

from tests.vendors.dialects import Dialect, Usage
from tests.vendors.directives import Directives
from tests.vendors.openai_app import API_KEY, FakeOpenAI
from tests.vendors.openai_chat import recorded, wired_chat
from tests.vendors.openai_shapes import head
from tests.vendors.wire_app import Wired

MESSAGE = frozenset({"role", "content", "tool_calls", "tool_call_id", "name"})
"""The fields of a message that strict vendors know."""
LIMITS = ("max_tokens", "max_completion_tokens")


class FakeCompatible(FakeOpenAI):
    """One vendor."""

    def __init__(self, dialect: Dialect, *, api_key: str = API_KEY) -> None:
        super().__init__(api_key=api_key)
        self.dialect = dialect
        self.path = dialect.path
        self.models = (dialect.model,)

    def error(
        self, status: int, message: str | None = None, *, retry_after: int = 7, param: str | None = None
    ) -> web.Response:
        sent, body = self.dialect.error(status, message, param)
        says_when = self.dialect.says_when and sent == 429 and retry_after >= 0
        headers = (
            {"retry-after": str(retry_after), "x-ratelimit-remaining-requests": "0"} if says_when else {}
        )
        return web.json_response(body, status=sent, headers=headers)

    def refusal(self, request: web.Request, body: dict[str, Any] | None) -> web.Response | None:
        if wrong := super().refusal(request, body):
            return wrong
        if unknown := self._unknown_in_messages(body or {}):
            return self.error(
                self.dialect.strict_messages, f"property '{unknown}' is unsupported", param=unknown
            )
        field = next((name for name in body or {} if name in self.dialect.refused), None)
        return None if field is None else self.error(422, param=field)

    def _unknown_in_messages(self, body: dict[str, Any]) -> str | None:
        if not self.dialect.strict_messages:
            return None
        return next((name for each in body.get("messages", ()) for name in each if name not in MESSAGE), None)

    def headers(self) -> dict[str, str]:
        return dict(self.dialect.headers)

    def before_an_answer(self) -> bytes:
        return self.dialect.blanks.encode()

    def error_event(self) -> dict[str, Any]:
        return dict(self.dialect.breaks or self.dialect.error(500, None, None)[1])

    def framed(self, event: dict[str, Any]) -> str:
        return self.dialect.comment + super().framed(event)

    def wired(self, body: dict[str, Any], model: str, asked: Directives) -> Wired:
        if asked.case:
            return recorded(asked.case)
        dialect = self.dialect
        obeyed = {name: value for name, value in body.items() if name not in LIMITS or name in dialect.limits}
        wants_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        wired = wired_chat({**obeyed, "stream_options": {}}, asked)
        usage = dialect.usage(wired.usage)
        beside = _timings(wired.usage) if dialect.timings else {}
        answer = self._own({**wired.answer, "usage": usage, **beside})
        events = [self._own(event) for event in wired.events]
        if asked.finish:
            answer, *events = [_ended_by(each, asked.finish) for each in (answer, *events)]
        if wants_usage or dialect.unasked:
            events = self._with_usage(events, body, usage, beside, wants_usage=wants_usage)
        return Wired(answer=answer, events=events, usage=usage)

    def _own(self, answer: dict[str, Any]) -> dict[str, Any]:
        """An answer or a chunk as this vendor writes it."""
        tier = {"service_tier": self.dialect.tier}
        given = {**answer, **tier, **self.dialect.fields, "model": self.dialect.model}
        return {
            name: value
            for name, value in given.items()
            if name not in self.dialect.lacks and (name, value) != ("service_tier", None)
        }

    def _with_usage(
        self,
        events: list[dict[str, Any]],
        body: dict[str, Any],
        usage: Usage,
        beside: dict[str, Any],
        *,
        wants_usage: bool,
    ) -> list[dict[str, Any]]:
        where, (*others, last) = self.dialect.usage_in, events
        alone = self._own({**head(body, "chat.completion.chunk"), "choices": [], "usage": usage, **beside})
        if where == "last chunk":
            return [*others, {**last, "usage": usage}]
        if where == "x_groq":
            events = [*others, {**last, "x_groq": {"id": "req_recorded", "usage": usage}}]
            return [*events, alone] if wants_usage else events
        if where == "every chunk" and body["stream_options"].get("continuous_usage_stats"):
            events = [{**event, "usage": _so_far(usage, place)} for place, event in enumerate(events)]
        return [*events, alone]


def _so_far(usage: Usage, place: int) -> Usage:
    made = min(place, usage["completion_tokens"])
    return {**usage, "completion_tokens": made, "total_tokens": usage["prompt_tokens"] + made}


def _timings(usage: Usage) -> dict[str, Any]:
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    return {
        "timings": {
            "cache_n": cached,
            "prompt_n": usage["prompt_tokens"] - cached,
            "predicted_n": usage["completion_tokens"],
            "predicted_ms": 60.5,
        }
    }


def _ended_by(answer: dict[str, Any], reason: str) -> dict[str, Any]:
    """The same, ended by a word of the vendor's own."""
    choices = [
        {**choice, "finish_reason": reason} if choice["finish_reason"] else choice
        for choice in answer["choices"]
    ]
    return {**answer, "choices": choices}
