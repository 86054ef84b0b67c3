"""The routes on which callers ask models, each in its vendor's protocol: metered, whole or as a stream."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway_project.http.body import json_object, read_body
from gateway_project.http.paths import CHAT, EMBEDDINGS, MESSAGES, RESPONSES
from gateway_project.http.request_headers import address_of, header
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
from gateway_project.proxy.endpoint import Handler
from gateway_project.proxy.event_stream import EventStreamResponse
from gateway_project.proxy.framing import ChatFraming, Framing, MessagesFraming, ResponsesFraming
from metering.calls.begin import CallRequest
from metering.errors import InvalidRequest, NotFound
from metering.gateway import LLMGateway
from metering.identity.principal import Principal
from metering.types import Task, WireProtocol

KEEP_ALIVE_S = 10.0
"""How long the caller of a stream hears nothing, about: proxies in between cut what is silent for longer."""
ROUTES: Mapping[str, WireProtocol] = {
    CHAT: WireProtocol.CHAT,
    MESSAGES: WireProtocol.MESSAGES,
    RESPONSES: WireProtocol.RESPONSES,
    EMBEDDINGS: WireProtocol.EMBEDDINGS,
}
VERSION, BETAS = "anthropic-version", "anthropic-beta"
"""Headers that belong to Anthropic's protocol. The second is a list, which may come in several lines."""
MAX_HEADER = 2_000


def model_call(protocol: WireProtocol) -> Handler:
    """The handler of a protocol's route."""
    is_anthropics = protocol is WireProtocol.MESSAGES

    async def handle(request: Request) -> Response:
        gateway, caller, call = await read_call(request, protocol)
        if call.input.get("stream") is True:
            with UnlessDisconnected(request):
                facts, stream = await gateway.stream(caller, call, patience_s=KEEP_ALIVE_S)
            response = EventStreamResponse(
                stream, facts, request_id=call.request_id, framing=_framing(protocol)
            )
            return named_as_anthropic(response, call.request_id) if is_anthropics else response
        with UnlessDisconnected(request) as departure:
            result = await gateway.execute(caller, call, departure=departure)
        answer = WholeAnswer(result.output, result.facts)
        return named_as_anthropic(answer, call.request_id) if is_anthropics else answer

    return handle


def named_as_anthropic(response: Response, request_id: str) -> Response:
    """The response with the request's id in Anthropic's header too."""
    response.raw_headers.append((b"request-id", request_id.encode()))
    return response


def _framing(protocol: WireProtocol) -> Framing:
    if protocol is WireProtocol.MESSAGES:
        return MessagesFraming(MESSAGES)
    return ResponsesFraming() if protocol is WireProtocol.RESPONSES else ChatFraming()


async def count_tokens(request: Request) -> Response:
    """Counts the input of a message that is not sent; it costs nothing."""
    gateway, caller, call = await read_call(request, WireProtocol.MESSAGES, prepare=_counted)
    found = await gateway.count_input(caller, call)
    headers = {"request-id": call.request_id}
    return Response(
        msgspec.json.encode({"input_tokens": found}), media_type="application/json", headers=headers
    )


async def legacy_completions(request: Request) -> Response:
    """Raises NotFound, always."""
    raise NotFound(
        f"Completions of a bare prompt are not offered here. Ask for {CHAT}; the prompt is a message there "
        f"(or `input` of {RESPONSES})."
    )


async def read_call(
    request: Request,
    protocol: WireProtocol,
    *,
    prepare: Callable[[dict[str, Any]], dict[str, Any]] = lambda body: body,
    caller: Principal | None = None,
) -> tuple[LLMGateway, Principal, CallRequest]:
    """Who asks, and what; `prepare` makes the protocol's request of the body. None: the holder of the credential asks.

    Raises InvalidRequest, and what the credential, the body and `prepare` raise.
    """
    gateway = gateway_of(request)
    caller = caller or await principal_of(request, gateway)
    with RefusalsNoted(gateway, caller, request.scope[REQUEST_ID]):
        raw = await read_body(request)
    body = prepare(json_object(raw))
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
        protocol=protocol,
        headers=_passed_on(request) if protocol is WireProtocol.MESSAGES else {},
        **labels_of(request, body),
    )
    return gateway, caller, call


def _counted(body: dict[str, Any]) -> dict[str, Any]:
    """A request that need not say how long its answer may be."""
    return {**body, "max_tokens": 1}


def _passed_on(request: Request) -> dict[str, Any]:
    """Raises InvalidRequest for a header that could not be sent on."""
    found: dict[str, Any] = {}
    betas = ",".join(filter(None, request.headers.getlist(BETAS)))
    for name, value in ((VERSION, header(request, VERSION.encode())), (BETAS, betas or None)):
        if value is None:
            continue
        if len(value) > MAX_HEADER or not (value.isascii() and value.isprintable()):
            raise InvalidRequest(
                f"{name} has to be at most {MAX_HEADER:,} printable ASCII characters.", param=name
            )
        found[name] = value
    return found
