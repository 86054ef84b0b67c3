"""The few fields of OpenAI's answers that the gateway reads; all others are skipped, not decoded.

Reading one chunk takes about a microsecond, so every one is read: what is not JSON never reaches a caller. What the
fast decoder does not take is read once more, leniently and field by field.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from providers.openai_compatible.error_body import is_error
from providers.openai_compatible.extras import MAX_PARTS, TIER_LENGTH
from providers.openai_compatible.lenient_json import NotJson, decode_object
from providers.openai_compatible.usage_fields import fields_of

MODEL_LENGTH = 128
EMPTY_LENGTH = 16
NO_ITEMS = ([b"[]"], [b"[", b"]"])
"""How an empty list is written, by its words."""
SUMMED = {"prompt_tokens": "input", "completion_tokens": "output", "total_tokens": "total"}
SUMMED_DETAILS = {
    "prompt_tokens_details": ("cached_tokens", "cached"),
    "completion_tokens_details": ("reasoning_tokens", "reasoning"),
}


class Choice(Struct):
    """One choice of an answer, or of a chunk."""

    index: Any = None
    message: Any = None
    delta: Any = None
    text: Any = None
    finish_reason: Any = None
    usage: Any = None  # Moonshot
    error: Any = None  # OpenRouter

    @property
    def said(self) -> object:
        """What was generated: a message, a delta or a text."""
        return self.message or self.delta or self.text


class WireAnswer(Struct):
    """One answer or chunk."""

    model: Any = None
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None
    service_tier: Any = None
    x_groq: Any = None
    usage_breakdown: Any = None  # Groq's compound systems
    timings: Any = None  # llama.cpp
    output: Any = None  # OpenAI's Responses
    data: msgspec.Raw | None = None  # embeddings

    @property
    def model_name(self) -> str:
        """What the vendor says it ran."""
        if type(self.model) is not str:
            return ""
        return self.model[:MODEL_LENGTH].encode("utf-8", "replace").decode()

    @property
    def problem(self) -> object:
        """The error that stands in it, in the vendor's words; nothing if none does."""
        if self.error:
            return self.error
        if isinstance(self.x_groq, dict) and (error := self.x_groq.get("error")):
            return error
        return next((choice.error for choice in self.choices or () if choice.error), None)

    @property
    def holds_nothing(self) -> bool:
        """Whether it has neither choices, nor embeddings, nor items of a Responses answer."""
        data = self.data
        if self.choices or self.output:
            return False
        return data is None or (len(data) <= EMPTY_LENGTH and bytes(data).split() in NO_ITEMS)

    @property
    def tier(self) -> str:
        """The tier that was served, if the vendor says so."""
        tier = self.service_tier
        if tier is None and isinstance(self.usage, dict):
            tier = self.usage.get("service_tier")
        return tier[:TIER_LENGTH] if isinstance(tier, str) and tier.isprintable() else ""

    def usages(self) -> list[object]:
        """Every usage object, wherever vendors put it. llama.cpp's timings repeat its figures, so they count whole only
        where there are no others.
        """
        found = [self.usage] if self.usage else []
        if self.choices:
            found += [choice.usage for choice in self.choices if choice.usage]
        groqs: dict[str, Any] = self.x_groq if isinstance(self.x_groq, dict) else {}
        if groqs.get("usage"):
            found.append(groqs["usage"])
        breakdown = self.usage_breakdown or groqs.get("usage_breakdown")
        if isinstance(breakdown, dict):
            found.append(sum_of_models(breakdown))
        if isinstance(self.timings, dict):
            cached = self.timings.get("cache_n") or 0
            if found and cached:
                found.append({"cached_tokens": cached})
            elif not found:
                found.append(
                    {
                        # What was taken from the cache is not in `prompt_n`.
                        "prompt_cache_miss_tokens": self.timings.get("prompt_n"),
                        "prompt_cache_hit_tokens": cached,
                        "completion_tokens": self.timings.get("predicted_n"),
                    }
                )
        return found


def sum_of_models(breakdown: Mapping[str, Any]) -> dict[str, Any]:
    """One usage object for all models that have worked on an answer of one of Groq's compound systems."""
    models = breakdown.get("models")
    sums: dict[str, int] = {}
    for each in models[:MAX_PARTS] if isinstance(models, list) else ():
        if isinstance(each, dict) and isinstance(usage := each.get("usage"), dict):
            fields = fields_of(usage)
            fields["total"] = fields.get("total", fields.get("input", 0) + fields.get("output", 0))
            for name, count in fields.items():
                sums[name] = sums.get(name, 0) + count
    named = {name: sums[own] for name, own in SUMMED.items() if own in sums}
    details = {field: {name: sums[own]} for field, (name, own) in SUMMED_DETAILS.items() if sums.get(own)}
    return {**named, **details, "usage_breakdown": breakdown or True}


_decode = msgspec.json.Decoder(WireAnswer).decode
_FIELDS = tuple(name for name in WireAnswer.__struct_fields__ if name not in ("choices", "data"))


def read_answer(data: bytes) -> WireAnswer:
    """Read one answer or chunk. Raises NotJson where it is not a JSON object."""
    try:
        answer = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        answer = answer_from(decode_object(data))
    if not (answer.choices or answer.usage or answer.error):
        _note_error(answer, data)
    return answer


def _note_error(answer: WireAnswer, data: bytes) -> None:
    """Errors have many shapes; of an answer without anything else in it, all of them are looked for."""
    with suppress(NotJson):
        given = decode_object(data)
        if is_error(given):
            answer.error = given


def answer_from(given: Mapping[str, Any]) -> WireAnswer:
    """The same from a decoded object, whatever its fields are."""
    choices, data = given.get("choices"), given.get("data")
    if isinstance(choices, dict):
        choices = [choices]
    answer = WireAnswer(
        choices=[_choice_from(item) for item in choices if isinstance(item, dict)]
        if isinstance(choices, list)
        else None,
        data=msgspec.Raw(b"[0]" if data else b"[]") if isinstance(data, list) else None,
    )
    for name in _FIELDS:
        setattr(answer, name, given.get(name))
    return answer


def _choice_from(given: Mapping[str, Any]) -> Choice:
    return Choice(**{name: given.get(name) for name in Choice.__struct_fields__})
