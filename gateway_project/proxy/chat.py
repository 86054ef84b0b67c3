"""POST /v1/chat/completions: OpenAI's protocol, metered."""

from starlette.requests import Request
from starlette.responses import Response

from gateway_project.http.body import json_object, read_body
from gateway_project.http.request_headers import address_of
from gateway_project.http.request_id import REQUEST_ID
from gateway_project.http.response_headers import WholeAnswer
from gateway_project.proxy.caller import (
    RefusalsNoted,
    UnlessDisconnected,
    cache_wish_of,
    gateway_of,
    idempotency_of,
    labels_of,
    principal_of,
)
from gateway_project.proxy.event_stream import EventStreamResponse
from metering.calls.begin import CallRequest
from metering.errors import InvalidRequest
from metering.types import Task

KEEP_ALIVE_S = 10.0
"""How long the caller of a stream hears nothing, about: proxies in between cut what is silent for longer."""


async def chat_completions(request: Request) -> Response:
    """The vendor's answer, whole or as server-sent events."""
    gateway = gateway_of(request)
    caller = await principal_of(request, gateway)
    with RefusalsNoted(gateway, caller, request.scope[REQUEST_ID]):
        raw = await read_body(request)
    body = json_object(raw)
    model = body.get("model", "")
    if not isinstance(model, str):
        raise InvalidRequest("model must be text.", param="model")
    call = CallRequest(
        task=Task.CHAT,
        input=body,
        model=model,
        request_id=request.scope[REQUEST_ID],
        address=address_of(request),
        idempotency=idempotency_of(request, caller, raw),
        input_bytes=len(raw),
        cache=cache_wish_of(request),
        **labels_of(request, body),
    )
    if body.get("stream") is True:
        with UnlessDisconnected(request):
            facts, stream = await gateway.stream(caller, call, patience_s=KEEP_ALIVE_S)
        return EventStreamResponse(stream, facts, request_id=call.request_id)
    with UnlessDisconnected(request) as departure:
        result = await gateway.execute(caller, call, departure=departure)
    return WholeAnswer(result.output, result.facts)
