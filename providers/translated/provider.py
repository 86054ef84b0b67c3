"""A vendor with a protocol of its own as an LLMProvider: the request is translated, and so is its answer."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from typing import Any

from providers.listing import list_models
from providers.openai_compatible.answer import is_event_stream, read_whole
from providers.openai_compatible.connections import connections
from providers.openai_compatible.errors import (
    CONNECTION_ERRORS,
    CREDENTIAL,
    MAX_ERROR_BYTES,
    broken,
    connection_failed,
    error_within,
    refused,
)
from providers.openai_compatible.exchange import NotSent, Target, Unanswered, VendorResponse
from providers.openai_compatible.final_usage import usage_unanswered
from providers.openai_compatible.lenient_json import NotJson, decode_object
from providers.openai_compatible.stream_edges import next_of, read_tail, start_of
from providers.openai_compatible.timed_reader import TimedReader
from providers.openai_compatible.timeouts import Timeouts
from providers.port import Capability, Chunk, Completion, Failure, ProviderCall, ProviderError, VendorModel
from providers.translated.other_form import chunks_of_whole, whole_of_stream
from providers.translated.streamed import TranslatedStream

SUCCESS = range(200, 300)
MAX_TARGETS = 1_000
"""Addresses whose request heads are kept; a vendor may have one for each model."""
NO_LIST = frozenset({404, 405, 501})
"""A proxy in front of the vendor may have no list of models."""
logger = logging.getLogger(__name__)


class TranslatedProvider(ABC):
    """The exchange, which is the same for all of them. Every failure is a ProviderError."""

    capabilities = frozenset({Capability.CHAT, Capability.STREAM})
    name: str
    """What the protocol is called in refusals."""
    _whole_pages: dict[str, str]
    """Asks for as many models on a page as there can be."""

    def __init__(self, *, api_key: str, headers: Mapping[str, str], timeouts: Timeouts | None) -> None:
        self._api_key = api_key
        self._timeouts = timeouts or Timeouts()
        # Not compressed: the answer is read as it comes.
        self._headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            **{name: value for name, value in headers.items() if value},
        }
        self._targets: dict[str, Target] = {}

    @abstractmethod
    def _url(self, model: str, *, streamed: bool) -> str:
        """Where a chat request goes."""

    @property
    @abstractmethod
    def _models_url(self) -> str:
        """The list of models, of which one is enough."""

    @abstractmethod
    def _models_in(self, body: dict[str, Any]) -> Iterator[VendorModel | None]:
        """The models of a page of that list, as far as they chat."""

    @abstractmethod
    def _next_page(self, body: dict[str, Any]) -> dict[str, str] | None:
        """What asks for the page behind this one; None: it is the last one."""

    @abstractmethod
    def _request(self, call: ProviderCall, *, streamed: bool) -> bytes:
        """The body. Raises ProviderError for what cannot be translated."""

    @abstractmethod
    def _stream(self, call: ProviderCall) -> TranslatedStream:
        """Reads a streamed answer to this call."""

    @abstractmethod
    async def _answer(self, body: dict[str, Any], call: ProviderCall) -> Completion:
        """A whole answer, which holds no error. Raises ProviderError."""

    @abstractmethod
    def _named(self, error: ProviderError) -> ProviderError:
        """A refusal, with the code that callers know, if it is one of the vendor's own words for it."""

    def _retry_after_s(self, body: bytes) -> float | None:
        """When to come back, where the vendor says so in the body of a refusal."""
        return None

    async def complete(self, call: ProviderCall) -> Completion:
        ends_at_s = asyncio.get_running_loop().time() + call.timeout_s
        answer: TranslatedStream | None = None
        try:
            async with asyncio.timeout(call.timeout_s):
                response = await self._ask(call, streamed=False)
                try:
                    body = await read_whole(response, ends_at_s=ends_at_s, gap_s=self._timeouts.gap_s)
                finally:
                    response.release()
            if is_event_stream(body):
                answer = self._stream(call)
                return await whole_of_stream(answer, body)
            return await self._whole(body, call)
        except Exception as error:  # noqa: BLE001 - nothing that a vendor sends may escape as anything else
            raise await self._failure(error, call, answer) from None  # it may quote the request's URL

    async def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        ends_at_s = asyncio.get_running_loop().time() + call.timeout_s
        answer = self._stream(call)
        try:
            async with asyncio.timeout(min(self._timeouts.first_byte_s, call.timeout_s)):
                response = await self._ask(call, streamed=True)
            reader = TimedReader(response, ends_at_s=ends_at_s, gap_s=self._timeouts.first_byte_s)
            try:
                part = await start_of(reader)
                if is_event_stream(part) is False and part:
                    gap_s = self._timeouts.gap_s
                    body = await read_whole(response, ends_at_s=ends_at_s, gap_s=gap_s, begun=part)
                    for chunk in chunks_of_whole(await self._whole(body, call)):
                        yield chunk
                    return
                while part:
                    for chunk in answer.feed(part):
                        yield chunk
                    if answer.done:
                        break
                    if answer.is_complete:
                        reader.limit_rest(self._timeouts.end_s)
                    else:
                        reader.limit_gap(self._timeouts.gap_s)
                    part = await next_of(reader, answer)
                for chunk in await answer.end():
                    yield chunk
                if answer.done:
                    await read_tail(response)
            finally:
                reader.stop()
                response.release()  # cuts the connection, and so the call, unless the answer has ended
        except Exception as error:  # noqa: BLE001 - nothing that a vendor sends may escape as anything else
            raise await self._failure(error, call, answer) from None  # it may quote the request's URL

    async def embed(self, call: ProviderCall) -> Completion:
        raise ProviderError(
            f"{self.name} has no embeddings here", failure=Failure.REFUSED, retryable=False, status=400
        )

    async def probe(self, timeout_s: float) -> None:
        """Ask for the list of models; where there is none, send an empty request, which who accepts the key refuses
        for what it lacks.
        """
        try:
            async with asyncio.timeout(timeout_s):
                session = connections.take(self)
                url = self._target(session, self._models_url).url
                status, error = await self._probed(
                    session.get(url, headers=self._headers, allow_redirects=False)
                )
                if status in NO_LIST:
                    url = self._target(session, self._url("any", streamed=False)).url
                    status, error = await self._probed(
                        session.post(url, data=b"{}", headers=self._headers, allow_redirects=False)
                    )
                    if 400 <= status < 500 and status not in CREDENTIAL | NO_LIST:
                        return
                if error is not None:
                    raise error
        except (*CONNECTION_ERRORS, NotSent) as error:
            raise connection_failed(error) from None

    async def models(self, timeout_s: float) -> tuple[VendorModel, ...]:
        try:
            async with asyncio.timeout(timeout_s):
                session = connections.take(self)
                return await list_models(
                    *(session, self._target(session, self._models_url).url, self._headers, self._api_key),
                    query=self._whole_pages,
                    read=self._models_in,
                    next_page=self._next_page,
                )
        except ProviderError as error:
            raise self._named(error) from None
        except (*CONNECTION_ERRORS, NotSent) as error:
            raise connection_failed(error) from None

    async def close(self) -> None:
        await connections.let_go(self)

    async def _probed(self, asking: Any) -> tuple[int, ProviderError | None]:
        async with asking as response:
            if response.status == 200:
                return 200, None
            body = await response.content.read(MAX_ERROR_BYTES)
            return response.status, self._refused(response.status, response.headers, body)

    async def _ask(self, call: ProviderCall, *, streamed: bool) -> VendorResponse:
        """The vendor's response, to be released, if its status is a success. Redirects are not followed: the key goes
        to the configured host alone.
        """
        payload = self._request(call, streamed=streamed)
        target = self._target(connections.take(self), self._url(call.model, streamed=streamed))
        response = await target.post(payload, call.attempt_id, call.progress)
        if response.status in SUCCESS:
            return response
        body = b""
        try:
            with suppress(*CONNECTION_ERRORS):
                async with asyncio.timeout(self._timeouts.error_body_s):
                    while len(body) < MAX_ERROR_BYTES and (part := await response.content.readany()):
                        body += part
        finally:
            response.release()
        raise self._refused(response.status, response.headers, body[:MAX_ERROR_BYTES])

    def _refused(self, status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
        error = refused(status, headers, body, self._api_key)
        if error.retry_after_s is None:
            error.retry_after_s = self._retry_after_s(body)
        return self._named(error)

    def _target(self, session: Any, address: str) -> Target:
        """Made once for each event loop's client. Raises NotSent."""
        target = self._targets.get(address)
        if target is None or target.session is not session:
            if len(self._targets) >= MAX_TARGETS:
                self._targets.clear()
            target = Target(session, address, self._headers, self._timeouts.connect_s)
            self._targets[address] = target
        return target

    async def _whole(self, body: bytes, call: ProviderCall) -> Completion:
        try:
            given = decode_object(body)
        except NotJson:
            raise broken("its answer is not valid JSON") from None
        if given.get("error"):
            raise error_within(given["error"], self._api_key, began=False)
        return await self._answer(given, call)

    async def _failure(
        self, error: Exception, call: ProviderCall, answer: TranslatedStream | None
    ) -> ProviderError:
        """Whatever went wrong, as a ProviderError that says what may be billed."""
        if isinstance(error, ProviderError):
            failed = error
        elif isinstance(error, (*CONNECTION_ERRORS, NotSent, Unanswered)):
            failed = connection_failed(error, sent=call.progress.sent)
        else:
            logger.error("provider.broke", exc_info=error)
            failed = broken("its answer could not be read")
            if not call.progress.sent:
                failed = ProviderError(
                    "the request could not be made", failure=Failure.UNREACHABLE, retryable=False
                )
        if failed.failure in (Failure.TIMEOUT, Failure.CUT) and failed.usage is None:
            failed.usage = await answer.came() if answer is not None else None
            failed.usage = failed.usage or await usage_unanswered(call)
        return failed
