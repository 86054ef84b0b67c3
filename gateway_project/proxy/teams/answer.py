"""A chat completion as an answer of the Teams surface, and chunks of one as its events."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from gateway_project.http.errors import error_body, status_of
from gateway_project.http.paths import TEAMS
from gateway_project.http.shapes import shaped
from gateway_project.proxy.framing import plainly, retry_after_s
from metering.calls.values import Facts
from metering.errors import MeteringError
from metering.money import NANO_PER_USD
from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient
from providers.openai_compatible.reshaped import WholeAnswer

_encode = encode_lenient


def answer_of(body: bytes, facts: Facts) -> bytes:
    """The whole answer as JSON."""
    answer = _decoded(body)
    choice = first_choice(answer)
    message = choice.get("message")
    message = message if isinstance(message, Mapping) else {}
    shown: dict[str, Any] = {
        "content": text_of(message),
        "role": "assistant",
        "toolCalls": [*_calls_of(message)],
        "usage": usage_of(told_usage(answer, facts), cost_usd=Decimal(facts.cost_nano_usd) / NANO_PER_USD),
        "model": answer.get("model"),
        "finishReason": choice.get("finish_reason"),
    }
    return _encode(shown)


def told_usage(answer: Mapping[str, Any], facts: Facts) -> Mapping[str, Any]:
    """The tokens that the vendor told, in chat's words; what was counted here where it told none."""
    said = answer.get("usage")
    if isinstance(said, Mapping) or not facts.attempts:
        return said if isinstance(said, Mapping) else {}
    last = facts.attempts[-1]
    return {
        "prompt_tokens": last.input_tokens,
        "completion_tokens": last.output_tokens,
        "total_tokens": last.input_tokens + last.output_tokens,
    }


def usage_of(usage: object, *, cost_usd: Decimal) -> dict[str, Any]:
    """Tokens, and the cost as a number of US dollars."""
    said = usage if isinstance(usage, Mapping) else {}
    given, made = _count(said.get("prompt_tokens")), _count(said.get("completion_tokens"))
    return {
        "inputTokens": given,
        "outputTokens": made,
        "totalTokens": given + made,
        "cost": float(cost_usd),
    }


class TeamsFraming:
    """Implements Framing: `chunk` events with text or a whole tool call, and `usage` or `error` at the end."""

    def __init__(self, *, replayed: bool = False) -> None:
        """`replayed`: it is an earlier answer, which costs nothing now."""
        self._is_free = replayed
        self._whole = WholeAnswer()
        """Without its text."""
        self._usage: dict[str, Any] | None = None

    def event(self, event: bytes) -> bytes:
        chunk = _decoded(event)
        first = first_choice(chunk)
        delta = first.get("delta")
        delta = delta if isinstance(delta, Mapping) else {}
        calls = {name: delta[name] for name in ("tool_calls",) if name in delta}
        self._whole.add({**chunk, "usage": None, "choices": [{**first, "delta": calls}] if first else []})
        if chunk.get("usage"):
            cost = chunk["usage"].get("cost_usd") if isinstance(chunk["usage"], Mapping) else None
            self._usage = usage_of(chunk["usage"], cost_usd=Decimal(0 if self._is_free else str(cost or 0)))
        text = text_of(delta)
        return plainly(_encode({"type": "chunk", "delta": text})) if text else b""

    def end(self) -> bytes:
        """Tool calls are told when they are whole: their arguments are objects."""
        answer = _decoded(self._whole.body())
        choice = first_choice(answer)
        message = choice.get("message")
        calls = _calls_of(message) if isinstance(message, Mapping) else iter(())
        parts = [plainly(_encode({"type": "chunk", "delta": "", "toolCall": call})) for call in calls]
        ended = {"model": answer.get("model"), "finishReason": choice.get("finish_reason")}
        usage = self._usage or usage_of(None, cost_usd=Decimal(0))
        return b"".join([*parts, plainly(_encode({"type": "usage", "usage": usage, **ended}))])

    def failed(self, error: MeteringError, request_id: str) -> bytes:
        body = shaped(
            error_body(error, request_id),
            path=TEAMS,
            status=status_of(error),
            retry_after_s=retry_after_s(error),
        )
        return plainly(_encode({"type": "error", **body}))


def _calls_of(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            shown = {
                "id": call.get("id"),
                "name": function.get("name"),
                "arguments": _arguments(function.get("arguments")),
            }
            extra = call.get("extra_content")
            yield shown | ({"extraContent": extra} if isinstance(extra, Mapping) else {})


def _arguments(text: object) -> object:
    """The object that the text says; what is none stays text."""
    if not isinstance(text, str) or not text.strip():
        return {}
    try:
        return decode_object(text.encode("utf-8", "surrogatepass"))
    except NotJson:
        return text


def text_of(message: Mapping[str, Any]) -> str:
    """What it says, or with what words it refuses."""
    content = message.get("content")
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, Mapping)]
        content = "".join([text for text in texts if isinstance(text, str)])
    refusal = message.get("refusal")
    return content if isinstance(content, str) and content else refusal if isinstance(refusal, str) else ""


def first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first choice of an answer or a chunk; empty where there is none."""
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, Mapping) else {}


def _decoded(body: bytes) -> dict[str, Any]:
    """What vendors say was checked to be JSON where it came in."""
    try:
        return decode_object(body)
    except NotJson:
        return {}


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
