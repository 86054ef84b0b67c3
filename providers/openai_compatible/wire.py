"""The few fields of OpenAI's answers that the gateway reads; all others are skipped, not decoded.

Reading one chunk takes about a microsecond, so every one is read: what is not JSON never reaches a caller. What the
fast decoder does not take is read once more, leniently and field by field.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from providers.openai_compatible.lenient_json import decode_object, is_utf8

MODEL_LENGTH = 128
TIER_LENGTH = 32


class Choice(Struct):
    """One choice of an answer, or of a chunk."""

    index: Any = None
    message: Any = None
    delta: Any = None
    text: Any = None
    finish_reason: Any = None
    usage: Any = None  # Moonshot

    @property
    def said(self) -> object:
        """What was generated: a message, a delta or a text."""
        return self.delta or self.message or self.text


class Answer(Struct):
    """One answer or chunk."""

    model: Any = None
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None
    service_tier: Any = None
    x_groq: Any = None
    timings: Any = None  # llama.cpp
    data: msgspec.Raw | None = None  # embeddings

    @property
    def model_name(self) -> str:
        """What the vendor says it ran."""
        if type(self.model) is not str:
            return ""
        return self.model[:MODEL_LENGTH].encode("utf-8", "replace").decode()

    @property
    def tier(self) -> str:
        """The tier that was served, if the vendor says so."""
        tier = self.service_tier
        if tier is None and isinstance(self.usage, Mapping):
            tier = self.usage.get("service_tier")
        return tier[:TIER_LENGTH] if isinstance(tier, str) and tier.isprintable() else ""

    def usages(self) -> Iterator[object]:
        """Every usage object, wherever vendors put it; llama.cpp's timings only where there is no other."""
        found = False
        for usage in (
            self.usage,
            self.x_groq.get("usage") if isinstance(self.x_groq, Mapping) else None,
            *[choice.usage for choice in self.choices or ()],
        ):
            if usage:
                found = True
                yield usage
        if not found and isinstance(self.timings, Mapping):
            timings = self.timings
            yield {
                # What was taken from the cache is not in `prompt_n`.
                "prompt_cache_miss_tokens": timings.get("prompt_n"),
                "prompt_cache_hit_tokens": timings.get("cache_n") or 0,
                "completion_tokens": timings.get("predicted_n"),
            }


_decode = msgspec.json.Decoder(Answer).decode
_FIELDS = tuple(name for name in Answer.__struct_fields__ if name not in ("choices", "data"))


def read_answer(data: bytes) -> Answer:
    """Read one answer or chunk. Raises NotJson where it is not a JSON object."""
    try:
        answer = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return answer_from(decode_object(data))
    return answer if is_utf8(data) else answer_from(decode_object(data))


def answer_from(given: Mapping[str, Any]) -> Answer:
    """The same from a decoded object, whatever its fields are."""
    choices = given.get("choices")
    if isinstance(choices, Mapping):
        choices = [choices]
    answer = Answer(
        choices=[_choice_from(item) for item in choices if isinstance(item, Mapping)]
        if isinstance(choices, list)
        else None,
        data=msgspec.Raw(b"[]") if isinstance(given.get("data"), list) else None,
    )
    for name in _FIELDS:
        setattr(answer, name, given.get(name))
    return answer


def _choice_from(given: Mapping[str, Any]) -> Choice:
    return Choice(**{name: given.get(name) for name in Choice.__struct_fields__})
