"""Anthropic's answers in OpenAI's shape: a whole message, and the words for why it ended."""

from collections.abc import Mapping
from typing import Any

from providers.anthropic.messages import VENDOR
from providers.anthropic.usage import AnthropicFigures
from providers.openai_compatible.errors import broken
from providers.openai_compatible.final_usage import usage_of_answer
from providers.openai_compatible.generated import Generated
from providers.openai_compatible.lenient_json import encode_lenient
from providers.port import Completion, ProviderCall
from providers.signatures import carried
from providers.translated.event_stream import short_text
from providers.translated.shapes import choice, completion, tool_call

FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""`stop_reason` → `finish_reason`; one that is new says `stop`."""
REFUSED = "refusal"


class Said:
    """The blocks of a whole answer, as one message."""

    def __init__(self, model: str) -> None:
        self.generated = Generated()
        self._model = model
        self._texts: list[str] = []
        self._reasoning: list[str] = []
        self._thoughts: list[dict[str, Any]] = []
        """Thoughts that no tool call has taken with it yet."""
        self._calls: list[dict[str, Any]] = []

    def add(self, block: Mapping[str, Any]) -> None:
        match block.get("type"):
            case "text":
                self._texts.append(text := str(block.get("text") or ""))
                self.generated.add(text)
            case "thinking":
                self._reasoning.append(text := str(block.get("thinking") or ""))
                self.generated.add(text)
                self._thoughts.append(thought(text, block.get("signature")))
            case "redacted_thinking":
                self.generated.add(dict(block))
                self._thoughts.append({"type": "redacted_thinking", "data": block.get("data")})
            case "tool_use":
                arguments = encode_lenient(block.get("input") or {}).decode()
                name = str(block.get("name") or "")
                self.generated.add(name + arguments)
                extra = taken_along(self._thoughts, self._model)
                self._calls.append(
                    tool_call(id=short_text(block.get("id")), name=name, arguments=arguments, extra=extra)
                )
            case _:  # nothing that was asked for; what it says counts if the usage is missing
                self.generated.add(dict(block))

    def message(self) -> dict[str, Any]:
        return {
            "content": "".join(self._texts),
            "reasoning_content": "".join(self._reasoning),
            "tool_calls": self._calls,
        }


def thought(text: str, signature: object) -> dict[str, Any]:
    """A block as the model wants it back."""
    return {"type": "thinking", "thinking": text, "signature": signature}


def taken_along(thoughts: list[dict[str, Any]], model: str) -> dict[str, Any] | None:
    """What a tool call carries: the thoughts since the one before it, which are taken out of the list."""
    if not thoughts:
        return None
    extra = carried(VENDOR, {"thinking_blocks": list(thoughts)}, model)
    thoughts.clear()
    return extra


def refused_with(answer: Mapping[str, Any]) -> str:
    """Why the model refused, if it did and says so."""
    details = answer.get("stop_details")
    if answer.get("stop_reason") != REFUSED or not isinstance(details, Mapping):
        return ""
    explanation = details.get("explanation")
    return explanation if isinstance(explanation, str) else ""


async def completion_of(answer: Mapping[str, Any], call: ProviderCall) -> Completion:
    """A whole answer. Raises ProviderError for what is none."""
    blocks = answer.get("content")
    if not isinstance(blocks, list):
        raise broken("its answer holds no content")
    model = short_text(answer.get("model")) or call.model
    said, figures = Said(call.model), AnthropicFigures()
    figures.add(answer.get("usage"))
    for block in blocks:
        if isinstance(block, Mapping):
            said.add(block)
    usage = await usage_of_answer(call, figures, said.generated, figures.tier)
    message = {**said.message(), "refusal": refused_with(answer)}
    finish = FINISH.get(str(answer.get("stop_reason")), "stop")
    body = completion(
        id=short_text(answer.get("id")) or f"chatcmpl-{call.attempt_id}",
        model=model,
        choices=[choice(message, index=0, finish=finish)],
        usage=usage,
    )
    return Completion(body=body, model=model, usage=usage)
