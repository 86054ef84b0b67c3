"""The wire protocols as a caller speaks them: how each asks, and where in its answers the text and the figures are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from gateway_project.http import paths

Json = dict[str, Any]
Figures = tuple[int, int]
"""Tokens of input and output."""


class Speech(Protocol):
    """One wire protocol."""

    path: str
    limit: str
    """The name of the output's limit; empty: there is none."""
    last: str
    """The type of the event that ends a stream well."""

    def asking(self, text: str) -> Json:
        """The fields of a request that say this."""
        ...

    def said(self, answer: Json) -> str:
        """The text of a whole answer."""
        ...

    def told(self, events: Sequence[Json]) -> str:
        """The text of a stream."""
        ...

    def stop(self, answer: Json) -> str:
        """Why a whole answer ended."""
        ...

    def usage(self, answers: Sequence[Json]) -> Json:
        """What a whole answer, or a stream's events, say of their usage last."""
        ...


class Chat:
    path, limit, last = paths.CHAT, "max_tokens", "[DONE]"

    def asking(self, text: str) -> Json:
        return {"messages": [{"role": "user", "content": text}], "stream_options": {"include_usage": True}}

    def said(self, answer: Json) -> str:
        return str(answer["choices"][0]["message"]["content"])

    def told(self, events: Sequence[Json]) -> str:
        choices = [choice for event in events for choice in event.get("choices", ())]
        return "".join(choice["delta"].get("content") or "" for choice in choices)

    def stop(self, answer: Json) -> str:
        return str(answer["choices"][0]["finish_reason"])

    def usage(self, answers: Sequence[Json]) -> Json:
        return last_of([answer.get("usage") for answer in answers])


class Messages:
    path, limit, last = paths.MESSAGES, "max_tokens", "message_stop"

    def asking(self, text: str) -> Json:
        return {"messages": [{"role": "user", "content": text}]}

    def said(self, answer: Json) -> str:
        return "".join(block["text"] for block in answer["content"] if block["type"] == "text")

    def told(self, events: Sequence[Json]) -> str:
        deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
        return "".join(delta.get("text", "") for delta in deltas)

    def stop(self, answer: Json) -> str:
        return str(answer["stop_reason"])

    def usage(self, answers: Sequence[Json]) -> Json:
        found = [answer.get("usage") or (answer.get("message") or {}).get("usage") for answer in answers]
        return {name: value for usage in found if usage for name, value in usage.items()}


class Responses:
    path, limit, last = paths.RESPONSES, "max_output_tokens", "response.completed"

    def asking(self, text: str) -> Json:
        return {"input": text}

    def said(self, answer: Json) -> str:
        parts = [part for item in answer["output"] for part in item.get("content") or ()]
        return "".join(part["text"] for part in parts if part["type"] == "output_text")

    def told(self, events: Sequence[Json]) -> str:
        return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")

    def stop(self, answer: Json) -> str:
        return str((answer["incomplete_details"] or {}).get("reason") or answer["status"])

    def usage(self, answers: Sequence[Json]) -> Json:
        return last_of([(answer.get("response") or answer).get("usage") for answer in answers])


class Embeddings:
    path, limit, last = paths.EMBEDDINGS, "", ""

    def asking(self, text: str) -> Json:
        return {"input": text}

    def said(self, answer: Json) -> str:
        return json.dumps([each["embedding"] for each in answer["data"]])

    def told(self, events: Sequence[Json]) -> str:
        raise AssertionError("nothing is streamed")

    def stop(self, answer: Json) -> str:
        raise AssertionError("nothing is stopped")

    def usage(self, answers: Sequence[Json]) -> Json:
        return last_of([answer.get("usage") for answer in answers])


class Teams:
    path, limit, last = paths.TEAMS_CHAT, "maxTokens", "usage"

    def asking(self, text: str) -> Json:
        return {"messages": [{"role": "user", "content": text}]}

    def said(self, answer: Json) -> str:
        return str(answer["content"])

    def told(self, events: Sequence[Json]) -> str:
        return "".join(event.get("delta", "") for event in events)

    def stop(self, answer: Json) -> str:
        return str(answer["finishReason"])

    def usage(self, answers: Sequence[Json]) -> Json:
        return last_of([answer.get("usage") for answer in answers])


CHAT, MESSAGES, RESPONSES, EMBEDDINGS = Chat(), Messages(), Responses(), Embeddings()
TEAMS = Teams()


@dataclass(frozen=True, slots=True)
class Way:
    """A protocol, and the model that is asked in it, whose vendor speaks `sent`."""

    speech: Speech
    model: str
    sent: Speech
    full: str = ""
    """Why an answer ended that its limit has cut."""

    def body(self, text: str, **fields: Any) -> Json:
        limit = {self.speech.limit: 50} if self.speech.limit else {}
        body = {"model": self.model, **self.speech.asking(text), **limit, **fields}
        if not fields.get("stream"):
            body.pop("stream_options", None)
        return {name: value for name, value in body.items() if value != "absent"}

    def path(self, *, stream: bool = False) -> str:
        """Where it is asked."""
        return paths.TEAMS_STREAM if self.speech is TEAMS and stream else self.speech.path

    @property
    def is_native(self) -> bool:
        """Whether the vendor gets the caller's own body."""
        return self.speech is self.sent


WAYS = {
    "chat": Way(CHAT, "small", CHAT, "length"),
    "messages by chat": Way(MESSAGES, "small", CHAT, "max_tokens"),
    "messages by Anthropic": Way(MESSAGES, "claude", MESSAGES, "max_tokens"),
    "responses by chat": Way(RESPONSES, "small", CHAT, "max_output_tokens"),
    "responses by OpenAI": Way(RESPONSES, "native", RESPONSES, "max_output_tokens"),
    "embeddings": Way(EMBEDDINGS, "vectors", EMBEDDINGS),
    "teams": Way(TEAMS, "small", CHAT, "length"),
}
STREAMED = [name for name, way in WAYS.items() if way.speech is not EMBEDDINGS]
"""Those that answer in streams too."""


def last_of(found: Sequence[Json | None]) -> Json:
    return next((usage for usage in reversed(found) if usage), {})


def cost_of(usage: Mapping[str, Any]) -> Decimal:
    """US dollars, as a stream tells them."""
    return Decimal(str(usage["cost"] if "cost" in usage else usage["cost_usd"]))


def figures_of(usage: Mapping[str, Any]) -> Figures:
    """In whichever protocol's words; Anthropic's input stands beside what was cached."""
    if "inputTokens" in usage:
        return usage["inputTokens"], usage["outputTokens"]
    given = usage["prompt_tokens"] if "prompt_tokens" in usage else usage["input_tokens"]
    beside = usage.get("cache_read_input_tokens", 0) + usage.get("cache_creation_input_tokens", 0)
    made = usage.get("completion_tokens", usage.get("output_tokens", 0))
    return given + beside, made
