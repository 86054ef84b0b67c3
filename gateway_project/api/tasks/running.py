"""From a sync view into the gateway: the whole answer, or its events.

The work may take minutes, so the view lets go of its database connection first.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from gateway_project import wiring
from gateway_project.api.authentication import principal_of
from gateway_project.http.errors import error_body
from gateway_project.http.request_headers import django_address_of, text_of
from gateway_project.http.request_id import REQUEST_ID
from gateway_project.http.response_headers import ending_headers, fact_headers
from metering.bridge import run_sync
from metering.calls.begin import CallRequest
from metering.calls.pipe import MeteredStream
from metering.errors import MeteringError
from metering.idempotency.key import idempotency_key
from metering.labels import CALLER_LABELS
from metering.reservation.reserve import IdempotencyKey
from metering.tags import HEADER as TAGS
from metering.tags import read_tags
from metering.text import checked_label
from metering.types import Task

KEEP_ALIVE_S = 10.0
KEEP_ALIVE = b": keep-alive\n\n"
STREAM_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


class EventStream(BaseRenderer):
    """Only says that a view can answer so; such an answer is not rendered. What is rendered is JSON, and says that."""

    media_type = "text/event-stream"
    format = "events"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        """An error before the first event, or a job."""
        response = (renderer_context or {}).get("response")
        if response is not None:
            response["content-type"] = JSONRenderer.media_type
        return bytes(JSONRenderer().render(data, accepted_media_type, renderer_context))


def form_wanted(request: Request) -> str:
    """The media type of the answer, without what the caller wrote behind it, such as a character set."""
    renderer: BaseRenderer = request.accepted_renderer
    return str(renderer.media_type)


def call_of(request: Request, task: Task, content: dict[str, Any]) -> CallRequest:
    """The request as the gateway takes it. All that it makes is under one trace id: the caller's own, or the request's.

    Raises InvalidRequest for a label or an Idempotency-Key.
    """
    raw = msgspec.json.encode(content, order="deterministic")  # DRF has read the body's own bytes
    return CallRequest(
        task=task,
        input=content,
        request_id=request.META[REQUEST_ID],
        address=django_address_of(request._request),
        idempotency=idempotency_of(request, raw),
        input_bytes=len(raw),
        **{"trace_id": request.META[REQUEST_ID], **labels_of(request)},
    )


def labels_of(request: Request) -> dict[str, Any]:
    """The caller's own labels, from headers. Raises InvalidRequest."""
    given = {name: _header(request, f"x-{name.replace('_', '-')}") for name in CALLER_LABELS}
    labels: dict[str, Any] = {name: checked_label(text, name) for name, text in given.items() if text}
    if tags := _header(request, TAGS):
        labels["tags"] = read_tags(tags, TAGS)
    return labels


def idempotency_of(request: Request, body: bytes) -> IdempotencyKey | None:
    """The key under which the ledger knows the request; None without the header. Raises InvalidRequest."""
    text = _header(request, "idempotency-key")
    if text is None:
        return None
    return idempotency_key(caller=principal_of(request), text=text, route=request.path, body=body)


def answer_whole(request: Request, call: CallRequest) -> HttpResponse:
    """The task's whole answer. Raises what `LLMGateway.execute` raises."""
    caller = principal_of(request)
    let_go_of_database()
    result = run_sync(wiring.gateway().execute(caller, call))
    return HttpResponse(result.output, content_type="application/json", headers=ending_headers(result.facts))


def answer_in_events(request: Request, call: CallRequest) -> StreamingHttpResponse:
    """The task's events as they come. Raises what precedes the first one."""
    caller = principal_of(request)
    let_go_of_database()
    facts, stream = run_sync(wiring.gateway().stream(caller, call, patience_s=KEEP_ALIVE_S))
    return StreamingHttpResponse(
        _as_events(stream, call.request_id, wiring.gateway_loop()),
        content_type="text/event-stream",
        headers=fact_headers(facts) | STREAM_HEADERS,
    )


def let_go_of_database() -> None:
    """Close the thread's connection, unless a transaction is open on it."""
    if not connection.in_atomic_block:
        connection.close()


def as_event(told: bytes, *, number: int | None = None) -> bytes:
    """One server-sent event from the JSON of `{"event": NAME, ...}`."""
    facts = msgspec.json.decode(told)
    name = facts.pop("event")
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(facts) + b"\n\n"


async def _as_events(
    stream: MeteredStream, request_id: str, loop: asyncio.AbstractEventLoop
) -> AsyncIterator[bytes]:
    yield KEEP_ALIVE  # servers keep the headers back until something follows them
    try:
        async for told in _from_the_gateways_loop(stream, loop):
            yield as_event(told) if told else KEEP_ALIVE
    except MeteringError as error:
        yield as_event(msgspec.json.encode({"event": "error", **error_body(error, request_id)["error"]}))


async def _from_the_gateways_loop(
    stream: MeteredStream, loop: asyncio.AbstractEventLoop
) -> AsyncIterator[bytes]:
    """The stream's items, whichever event loop this one is; the stream belongs to `loop`."""
    if loop is asyncio.get_running_loop():
        async for told in stream:
            yield told
        return
    items = aiter(stream)
    while True:
        try:
            yield await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_next(items), loop))
        except StopAsyncIteration:
            return


async def _next(items: AsyncIterator[bytes]) -> bytes:
    return await anext(items)


def _header(request: Request, name: str) -> str | None:
    """Django has read headers as Latin-1."""
    text = request.headers.get(name)
    return None if text is None else text_of(text.encode("latin-1"))
