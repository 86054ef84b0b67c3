"""POST /internal/llm/proxy and GET /internal/llm/models."""

import time
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from adapters.strict_input import read_strictly
from gateway_project.http.response_headers import WholeAnswer
from gateway_project.proxy.caller import UnlessDisconnected, gateway_of
from gateway_project.proxy.internal.caller import internal_caller
from gateway_project.proxy.model_calls import read_call
from gateway_project.proxy.teams.answer import first_choice, text_of, told_usage
from metering.types import Task, WireProtocol
from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient

MAX_MESSAGES = 10_000


class _Request(Struct, forbid_unknown_fields=True, omit_defaults=True):
    messages: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=MAX_MESSAGES)]
    model: str | None = None
    """None and empty: the plan's default."""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: str | list[str] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


async def internal_call(request: Request) -> Response:
    """The whole answer, who gave it, and how long it took in milliseconds, as the caller would measure it."""
    started_s = time.monotonic()
    caller = await internal_caller(request)
    gateway, _, call = await read_call(request, WireProtocol.CHAT, prepare=_chat_of, caller=caller)
    with UnlessDisconnected(request) as departure:
        result = await gateway.execute(caller, call, departure=departure)
    facts = result.facts
    model = (await gateway.directory.models()).by_name.get(facts.model)
    try:
        answer = decode_object(result.output)
    except NotJson:
        answer = {}
    message = first_choice(answer).get("message")
    message = message if isinstance(message, dict) else {}
    usage = told_usage(answer, facts)
    shown: dict[str, Any] = {
        "content": text_of(message),
        "usage": {
            name: usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        },
        "provider": facts.provider_name,
        "model_resolved": model.physical_name if model is not None else facts.model,
        "latency_ms": round((time.monotonic() - started_s) * 1_000, 1),
    }
    if message.get("tool_calls"):
        shown["tool_calls"] = message["tool_calls"]
    return WholeAnswer(encode_lenient(shown), facts)


async def internal_models(request: Request) -> Response:
    """The models that internal calls may use."""
    caller = await internal_caller(request)
    found = await gateway_of(request).models(caller, Task.CHAT)
    models = {model.name: model for served in found.values() for model in served if model.answers_in_words}
    shown = [
        {
            "name": model.name,
            "provider": model.provider_name,
            "physical_name": model.physical_name,
            "max_tokens": model.max_output_tokens,
        }
        for _, model in sorted(models.items())
    ]
    return Response(msgspec.json.encode({"models": shown}), media_type="application/json")


def _chat_of(body: dict[str, Any]) -> dict[str, Any]:
    """The chat completion that is asked for. Raises InvalidRequest, naming the field."""
    asked = read_strictly(body, _Request)
    return {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not None}
