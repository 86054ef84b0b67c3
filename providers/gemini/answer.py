"""Gemini's answers in OpenAI's shape: candidates are choices, and the words for why they ended."""

from collections.abc import Iterator, Mapping
from typing import Any

from providers.gemini.contents import ID, SIGNATURE, VENDOR
from providers.gemini.usage import GeminiFigures
from providers.openai_compatible.errors import broken
from providers.openai_compatible.final_usage import usage_of_answer
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.lenient_json import encode_lenient
from providers.port import Completion, ProviderCall, ProviderError
from providers.signatures import carried
from providers.translated.event_stream import short_text
from providers.translated.shapes import choice, completion, tool_call

FILTERED = "content_filter"
FINISH = {
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    **dict.fromkeys(
        (
            *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR"),
            *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER"),
        ),
        FILTERED,
    ),
}
"""`finishReason` → `finish_reason`; every other one says `stop`."""
UNSPECIFIED = ("FINISH_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED")
REASON_LENGTH = 200
MAX_CHOICES = 128


class Delta:
    """What one part of a candidate adds to its choice."""

    __slots__ = ("call", "text", "thought")

    def __init__(self, *, text: str = "", thought: str = "", call: dict[str, Any] | None = None) -> None:
        self.text = text
        self.thought = thought
        self.call = call


def deltas_of(parts: object, generated: Generated, made_id: str, calls: int, model: str) -> Iterator[Delta]:
    """What the parts say. `calls` is how many calls this choice has had before; `made_id` begins ids that we make."""
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, Mapping):
            continue
        text, function = part.get("text"), part.get("functionCall")
        if isinstance(text, str):
            generated.add(text)
            yield Delta(thought=text) if part.get("thought") else Delta(text=text)
        elif isinstance(function, Mapping):
            yield Delta(call=_call(part, function, generated, f"{made_id}-{calls}", model))
            calls += 1
        elif "inlineData" in part or "fileData" in part:
            generated.beyond_text = True
        else:  # nothing that was asked for; what it says counts if the usage is missing
            generated.add(dict(part))


def _call(
    part: Mapping[str, Any], function: Mapping[str, Any], generated: Generated, made_id: str, model: str
) -> dict[str, Any]:
    vendors_id, signature = short_text(function.get("id")), part.get("thoughtSignature")
    own: dict[str, Any] = {SIGNATURE: signature} if isinstance(signature, str) else {}
    if vendors_id:
        own[ID] = vendors_id
    name, arguments = str(function.get("name") or ""), encode_lenient(function.get("args") or {}).decode()
    generated.add(name + arguments)
    extra = carried(VENDOR, own, model) if own else None
    return tool_call(id=vendors_id or made_id, name=name, arguments=arguments, extra=extra)


def finish_of(reason: object, *, has_calls: bool) -> str | None:
    """Why a choice ended; None: it goes on."""
    if not isinstance(reason, str) or not reason or reason in UNSPECIFIED:
        return None
    return FINISH.get(reason) or ("tool_calls" if has_calls else "stop")


def refusal_of(candidate: Mapping[str, Any]) -> str:
    """What the vendor says of a choice that its filters ended."""
    reason = candidate.get("finishReason")
    if FINISH.get(str(reason)) != FILTERED:
        return ""
    message = candidate.get("finishMessage")
    return (message if isinstance(message, str) and message else f"Gemini's filters ended it: {reason}.")[
        :REASON_LENGTH
    ]


def blocked(answer: Mapping[str, Any]) -> str:
    """Why the prompt was refused, if it was: such an answer has no candidates, and is billed for its input."""
    feedback = answer.get("promptFeedback")
    reason = feedback.get("blockReason") if isinstance(feedback, Mapping) else None
    if not isinstance(reason, str) or not reason or reason in UNSPECIFIED:
        return ""
    return f"Gemini's filters refused the prompt: {reason}."[:REASON_LENGTH]


def candidates_of(answer: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each candidate with its number, which is left out where it is 0."""
    given = answer.get("candidates")
    for candidate in given[:MAX_CHOICES] if isinstance(given, list) else ():
        if isinstance(candidate, Mapping):
            index = candidate.get("index")
            yield index if isinstance(index, int) and 0 <= index < MAX_CHOICES else 0, candidate


def parts_in(candidate: Mapping[str, Any]) -> object:
    content = candidate.get("content")
    return content.get("parts") if isinstance(content, Mapping) else None


async def without_candidates(call: ProviderCall, figures: GeminiFigures) -> ProviderError:
    """The error for an answer that ended in good order and says nothing: it costs what the vendor reports."""
    error = broken("its answer holds no candidates")
    if not figures.is_empty:
        error.usage = await usage_of_answer(call, figures, Generated(), figures.tier)
    return error


async def completion_of(answer: Mapping[str, Any], call: ProviderCall) -> Completion:
    """A whole answer. Raises ProviderError for what is none."""
    generated, figures = Generated(), GeminiFigures()
    figures.add(answer.get("usageMetadata"))
    candidates = list(candidates_of(answer))
    figures.ground(candidate for _, candidate in candidates)
    choices = [_choice(index, candidate, generated, call) for index, candidate in candidates]
    if not choices and (why := blocked(answer)):
        choices = [choice({"refusal": why}, index=0, finish=FILTERED)]
    if not choices:
        raise await without_candidates(call, figures)
    model = short_text(answer.get("modelVersion")) or call.model
    usage = await usage_of_answer(call, figures, generated, figures.tier)
    id = short_text(answer.get("responseId")) or f"chatcmpl-{call.attempt_id}"
    body = completion(id=id, model=model, choices=choices, usage=usage)
    return Completion(body=body, model=model, usage=usage)


def _choice(
    index: int, candidate: Mapping[str, Any], generated: Generated, call: ProviderCall
) -> dict[str, Any]:
    made_id = f"call_{call.attempt_id}-{index}"
    deltas = list(deltas_of(parts_in(candidate), generated, made_id, 0, call.model))
    calls = [delta.call for delta in deltas if delta.call]
    message = {
        "content": "".join(delta.text for delta in deltas),
        "reasoning_content": "".join(delta.thought for delta in deltas),
        "tool_calls": calls,
        "refusal": refusal_of(candidate),
    }
    finish = finish_of(candidate.get("finishReason"), has_calls=bool(calls)) or "stop"
    return choice(message, index=index, finish=finish)
