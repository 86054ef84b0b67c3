"""Who carries flows out: `SyncDriver` in the calling thread, `AsyncDriver` on the event loop. Neither decides anything.

The two are alike line by line but for `await`: all that is worth thinking about is in the flows, which they share.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any, Protocol, TypeVar

import httpx2

from gateway_client.calls import Opened
from gateway_client.errors import GatewayError
from gateway_client.failures import failure_of
from gateway_client.session import TokenSource
from gateway_client.signed import Signed
from gateway_client.steps import Close, Flow, Invoke, Next, Reply, Send, Step, Wait
from gateway_client.strange_answers import check_form, understood
from gateway_client.translate import translated

CONNECT_S, SILENCE_S = 5.0, 600.0
"""How long a connection may take to be made, and an answer to come: a model may think for minutes."""
MAX_CONNECTIONS = 1_000
GOOD = range(200, 300)
T = TypeVar("T")
Chunk = TypeVar("Chunk", covariant=True)


class Reader(Protocol[Chunk]):
    """What becomes of a stream's events."""

    def read(self, event: Any) -> Iterator[Chunk]: ...

    def end(self, headers: Mapping[str, str]) -> Iterator[Chunk]:
        """What is left to say when the stream has ended well. Raises GatewayError if it has not."""
        ...

    def failed(self, error: GatewayError) -> None:
        """It broke; the error may be told what had come."""
        ...

    def left(self) -> None:
        """It is over, however it ended: nobody reads any more."""
        ...


def http_options(
    base_url: str, source: TokenSource | None, *, timeout_s: float | None = None
) -> dict[str, Any]:
    """Of the HTTP client of either colour; without a source the requests bring their own credential."""
    return {
        "base_url": base_url,
        "auth": Signed(source) if source is not None else None,
        "timeout": _timeout(SILENCE_S if timeout_s is None else timeout_s),
        "limits": httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=100),
    }


class SyncDriver:
    """Carries flows out in the calling thread."""

    def __init__(self, http: httpx2.Client, sdk: Callable[[], Any]) -> None:
        """`sdk` makes the official SDK's client when it is first needed."""
        self._http, self._sdk = http, sdk
        self._address = str(http.base_url)

    def run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                try:
                    done = self._do(step)
                except GatewayError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    def stream(self, flow: Flow[Opened], reader: Reader[T]) -> Iterator[T]:
        """What the reader makes of the events of the stream that the flow opens."""
        try:
            reply, event = self.run(flow)
            try:
                while event is not None:
                    yield from reader.read(event)
                    event = self._do(Next(reply.body))
            finally:
                reply.body.close()
            yield from reader.end(reply.headers)
        except GatewayError as error:
            reader.failed(error)
            raise
        finally:
            reader.left()

    def _do(self, step: Step) -> Any:
        with translated(self._address):
            match step:
                case Wait():
                    return time.sleep(step.seconds)
                case Next():
                    return next(step.stream, None)
                case Close():
                    return step.stream.close()
                case Invoke():
                    raw = attrgetter(f"{step.resource}.with_raw_response")(self._sdk())
                    answer = raw.create(**step.arguments, **_creating(step))
                    try:
                        body = _parsed(answer, step)
                    except GatewayError:
                        answer.http_response.close()
                        raise
                    return Reply(status=answer.status_code, headers=answer.headers, body=body)
                case Send():
                    response = self._http.send(_request(self._http, step), **_sending(step))
                    if response.status_code not in GOOD:
                        content = response.read()
                        response.close()
                        raise failure_of(response.status_code, response.headers, content)
                    try:
                        check_form(response.headers, stream=step.stream)
                    except GatewayError:
                        response.close()
                        raise
                    body = _Events(response) if step.stream else _json(response)
                    return Reply(status=response.status_code, headers=response.headers, body=body)


class AsyncDriver:
    """Carries flows out on the event loop."""

    def __init__(self, http: httpx2.AsyncClient, sdk: Callable[[], Any]) -> None:
        """`sdk` makes the official SDK's client when it is first needed."""
        self._http, self._sdk = http, sdk
        self._address = str(http.base_url)

    async def run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                try:
                    done = await self._do(step)
                except GatewayError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    async def stream(self, flow: Flow[Opened], reader: Reader[T]) -> AsyncIterator[T]:
        """What the reader makes of the events of the stream that the flow opens."""
        try:
            reply, event = await self.run(flow)
            try:
                while event is not None:
                    for chunk in reader.read(event):
                        yield chunk
                    event = await self._do(Next(reply.body))
            finally:
                await reply.body.close()
            for chunk in reader.end(reply.headers):
                yield chunk
        except GatewayError as error:
            reader.failed(error)
            raise
        finally:
            reader.left()

    async def _do(self, step: Step) -> Any:
        with translated(self._address):
            match step:
                case Wait():
                    return await asyncio.sleep(step.seconds)
                case Next():
                    return await anext(step.stream, None)
                case Close():
                    return await step.stream.close()
                case Invoke():
                    raw = attrgetter(f"{step.resource}.with_raw_response")(self._sdk())
                    answer = await raw.create(**step.arguments, **_creating(step))
                    try:
                        body = _parsed(answer, step)
                    except GatewayError:
                        await answer.http_response.aclose()
                        raise
                    return Reply(status=answer.status_code, headers=answer.headers, body=body)
                case Send():
                    response = await self._http.send(_request(self._http, step), **_sending(step))
                    if response.status_code not in GOOD:
                        content = await response.aread()
                        await response.aclose()
                        raise failure_of(response.status_code, response.headers, content)
                    try:
                        check_form(response.headers, stream=step.stream)
                    except GatewayError:
                        await response.aclose()
                        raise
                    body = _AsyncEvents(response) if step.stream else _json(response)
                    return Reply(status=response.status_code, headers=response.headers, body=body)


class _Events:
    """The data of a stream's events, as the SDK's streams are read."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._events = iter(httpx2.EventSource(response))

    def __next__(self) -> httpx2.ServerSentEvent:
        return next(self._events)

    def close(self) -> None:
        self._response.close()


class _AsyncEvents:
    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self._events = aiter(httpx2.EventSource(response))

    async def __anext__(self) -> httpx2.ServerSentEvent:
        return await anext(self._events)

    async def close(self) -> None:
        await self._response.aclose()


def _sending(step: Send) -> dict[str, Any]:
    return {"stream": step.stream} | ({} if step.signed else {"auth": None})


def _request(http: Any, step: Send) -> httpx2.Request:
    timeout = {} if step.timeout_s is None else {"timeout": _timeout(step.timeout_s)}
    params = {name: value for name, value in step.params.items() if value is not None}
    request: httpx2.Request = http.build_request(
        step.method, step.path, json=step.body, params=params, headers=dict(step.headers), **timeout
    )
    return request


def _creating(step: Invoke) -> dict[str, Any]:
    timeout = {} if step.timeout_s is None else {"timeout": _timeout(step.timeout_s)}
    return {"extra_headers": dict(step.headers), **timeout}


def _timeout(silence_s: float) -> httpx2.Timeout:
    return httpx2.Timeout(silence_s, connect=min(CONNECT_S, silence_s))


def _json(response: httpx2.Response) -> Any:
    """Numbers with a point are Decimals: they are money."""
    if not response.content:
        return None
    if "json" not in response.headers.get("content-type", ""):
        return response.content
    with understood():
        return json.loads(response.content, parse_float=Decimal)


def _parsed(answer: Any, step: Invoke) -> Any:
    """The SDK's value. It makes a text of what is no JSON, and a stream of anything."""
    check_form(answer.headers, stream=bool(step.arguments.get("stream")))
    with understood():
        return answer.parse()
