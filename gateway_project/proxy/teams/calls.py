"""POST /llm/chat and /llm/stream: the chat of the Teams surface, metered as on /v1."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from gateway_project.http.response_headers import WholeAnswer
from gateway_project.proxy.caller import UnlessDisconnected
from gateway_project.proxy.event_stream import EventStreamResponse
from gateway_project.proxy.model_calls import KEEP_ALIVE_S, read_call
from gateway_project.proxy.teams.answer import TeamsFraming, answer_of
from gateway_project.proxy.teams.request import chat_of
from metering.types import WireProtocol


async def teams_chat(request: Request) -> Response:
    """The whole answer."""
    prepare = partial(chat_of, streamed=False)
    gateway, caller, call = await read_call(request, WireProtocol.CHAT, prepare=prepare)
    with UnlessDisconnected(request) as departure:
        result = await gateway.execute(caller, call, departure=departure)
    return WholeAnswer(answer_of(result.output, result.facts), result.facts)


async def teams_stream(request: Request) -> Response:
    """The answer in typed events."""
    prepare = partial(chat_of, streamed=True)
    gateway, caller, call = await read_call(request, WireProtocol.CHAT, prepare=prepare)
    with UnlessDisconnected(request):
        facts, stream = await gateway.stream(caller, call, patience_s=KEEP_ALIVE_S)
    return EventStreamResponse(
        stream, facts, request_id=call.request_id, framing=TeamsFraming(replayed=facts.replayed)
    )
