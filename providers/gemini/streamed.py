"""Gemini's events as chunks of a chat.completion: each event has an answer's shape and goes on after the one before."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.gemini.answer import (
    FILTERED,
    blocked,
    candidates_of,
    deltas_of,
    finish_of,
    parts_in,
    refusal_of,
    without_candidates,
)
from providers.gemini.thinking import may_think
from providers.gemini.usage import GeminiFigures
from providers.port import ProviderCall, ProviderError
from providers.translated.streamed import TranslatedStream


class _Choice:
    """One candidate so far."""

    __slots__ = ("calls", "ended")

    def __init__(self) -> None:
        self.calls = 0
        self.ended: Mapping[str, Any] | None = None
        """The candidate as it was when it said why it ended."""


class GeminiStream(TranslatedStream):
    """No event says that it is the last one: the stream just ends, and each choice's end is told then."""

    def __init__(self, call: ProviderCall, api_key: str) -> None:
        thinks = may_think(call.body, call.model, call.traits)
        self._figures = GeminiFigures()
        super().__init__(call, api_key, self._figures, may_think=thinks)
        wanted = call.body.get("n")
        self._wanted = wanted if isinstance(wanted, int) else 1
        self._choices: dict[int, _Choice] = {}
        self._blocked = ""
        self._has_begun = False

    @property
    def is_complete(self) -> bool:
        return bool(self._blocked) or (len(self._choices) >= self._wanted and self._have_ended)

    @property
    def _may_end(self) -> bool:
        """A vendor may give fewer choices than were asked for."""
        return bool(self._blocked) or self._have_ended

    @property
    def _have_ended(self) -> bool:
        return bool(self._choices) and all(choice.ended is not None for choice in self._choices.values())

    async def _unended(self) -> ProviderError:
        return await (super()._unended() if self._choices else without_candidates(self._call, self._figures))

    def _read(self, event: dict[str, Any]) -> Iterator[bytes]:
        if not self._has_begun:
            self._has_begun = True
            self._begin(event.get("responseId"), event.get("modelVersion"))
        self._reported.add(event.get("usageMetadata"))
        if "promptFeedback" in event:
            self._blocked = self._blocked or blocked(event)
        candidates = list(candidates_of(event))
        self._figures.ground(candidate for _, candidate in candidates)
        for index, candidate in candidates:
            found = self._choices.get(index)
            if found is None:
                found = self._choices[index] = _Choice()
                yield self._made.delta({"role": "assistant", "content": ""}, index=index)
            yield from self._said(index, found, candidate)
            if finish_of(candidate.get("finishReason"), has_calls=False):
                found.ended = candidate

    def _said(self, index: int, found: _Choice, candidate: Mapping[str, Any]) -> Iterator[bytes]:
        made_id = f"call_{self._call.attempt_id}-{index}"
        parts = parts_in(candidate)
        for delta in deltas_of(parts, self._generated, made_id, found.calls, self._call.model):
            if delta.call is not None:
                call = {"index": found.calls, **delta.call}
                found.calls += 1
                yield self._made.delta({"tool_calls": [call]}, index=index)
            elif delta.thought:
                yield self._made.delta({"reasoning_content": delta.thought}, index=index)
            elif delta.text:
                yield self._made.text(delta.text, index)

    def _last(self) -> Iterator[bytes]:
        if not self._choices:
            yield self._made.delta({"role": "assistant", "content": "", "refusal": self._blocked})
            yield self._made.delta({}, finish=FILTERED)
        for index, found in sorted(self._choices.items()):
            ended = found.ended or {}
            if words := refusal_of(ended):
                yield self._made.delta({"refusal": words}, index=index)
            finish = finish_of(ended.get("finishReason"), has_calls=found.calls > 0)
            yield self._made.delta({}, index=index, finish=finish or FILTERED)
