"""One call of a vendor over HTTP, the same for every protocol: ask, read the answer whole or as a stream, and say of
whatever goes wrong what may be billed.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import Protocol

from providers.keys import Key, Keys, Unwatched
from providers.listing import ModelList, list_models
from providers.openai_compatible.answer import (
    MAX_ANSWER_BYTES,
    MAX_EMBEDDINGS_BYTES,
    is_event_stream,
    read_whole,
)
from providers.openai_compatible.connections import connections
from providers.openai_compatible.errors import (
    CONNECTION_ERRORS,
    MAX_ERROR_BYTES,
    broken,
    connection_failed,
)
from providers.openai_compatible.exchange import NotSent, Target, Unanswered, VendorResponse, header_line
from providers.openai_compatible.final_usage import usage_unanswered
from providers.openai_compatible.probe import probe
from providers.openai_compatible.stated_cost import with_stated_cost
from providers.openai_compatible.stream_edges import next_of, read_tail, start_of
from providers.openai_compatible.timed_reader import TimedReader
from providers.openai_compatible.timeouts import Timeouts
from providers.other_form import Reader, chunks_of_completion, completion_of_events
from providers.port import (
    Chunk,
    Completion,
    Failure,
    ProviderCall,
    ProviderError,
    RequestNotMade,
    Usage,
    VendorModel,
)
from providers.time_limit import TimeLimit

SUCCESS = range(200, 300)
LISTING = "(the list of models)"
"""What keys rest for where that is refused."""
MAX_TARGETS = 1_000
"""Addresses whose request heads are kept; a vendor may have one for each model."""
logger = logging.getLogger(__name__)


class AnswerReader(Protocol):
    """Reads a stream: bytes in, chunks out, without any I/O. Every failure is a ProviderError."""

    done: bool
    """Whether the vendor said that nothing more comes."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing that matters is missing."""

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """The chunks that these bytes complete."""

    async def end(self) -> list[Chunk]:
        """The last chunks, and what the answer is charged for."""

    async def came(self) -> Usage | None:
        """What may be billed where the answer breaks off now; None if nothing came."""


class HttpProvider(ABC):
    """Chat completions of a vendor. Subclasses know its protocol. Every failure is a ProviderError."""

    model_list: ModelList
    """How it lists its models."""
    key_header: str
    """The header that carries the key."""

    def __init__(self, *, api_key: str | Keys, timeouts: Timeouts | None) -> None:
        """`api_key` is one key or several."""
        self._keys = api_key if isinstance(api_key, Keys) else Keys([api_key])
        self._timeouts = timeouts or Timeouts()
        # Not compressed: the answer is read, and goes on, as it comes.
        self._headers = {"content-type": "application/json", "accept-encoding": "identity"}
        self._targets: dict[str, Target] = {}

    @abstractmethod
    async def _ask(self, call: ProviderCall, key: Key, *, streamed: bool) -> VendorResponse:
        """The vendor's response, to be released, if its status is a success. Redirects are not followed: the key goes
        to the configured host alone.
        """

    @abstractmethod
    def _reader(self, call: ProviderCall, key: Key) -> AnswerReader:
        """Reads a streamed answer to this call, which was made with this key."""

    @abstractmethod
    async def _completion(self, body: bytes, call: ProviderCall, key: Key) -> Completion:
        """A whole answer. Raises ProviderError for what is none."""

    @abstractmethod
    def _refused(self, status: int, headers: Mapping[str, str], body: bytes, key: Key) -> ProviderError:
        """The error for an answer with an error status."""

    @property
    @abstractmethod
    def _models_url(self) -> str:
        """The list of models."""

    @property
    @abstractmethod
    def _any_chat_url(self) -> str:
        """Where an empty chat request is refused for what it lacks."""

    def speaks(self, call: ProviderCall) -> bool:
        return call.protocol == "chat"

    async def count_input(self, call: ProviderCall) -> int | None:
        """Most vendors have no count of their own."""
        return None

    async def complete(self, call: ProviderCall) -> Completion:
        return await self._whole(call, lambda key: self._ask(call, key, streamed=False), may_stream=True)

    async def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        ends_at_s = asyncio.get_running_loop().time() + call.timeout_s
        answer: AnswerReader | None = None
        try:
            first_byte_s = self._first_byte_s(call)
            with TimeLimit(first_byte_s):
                response, key = await self._keys.used(
                    call.model,
                    call.progress,
                    lambda key: self._ask(call, key, streamed=True),
                    self._keys.taking(call),
                )
            answer = self._reader(call, key)
            reader = TimedReader(response, ends_at_s=ends_at_s, gap_s=first_byte_s)
            try:
                part = await start_of(reader)
                if is_event_stream(part) is False and part:
                    gap_s = self._timeouts.gap_s
                    body = await read_whole(response, ends_at_s=ends_at_s, gap_s=gap_s, begun=part)
                    for chunk in self._as_chunks(await self._completion(body, call, key), call):
                        yield with_stated_cost(chunk, response.headers)
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
                    yield with_stated_cost(chunk, response.headers)
                if answer.done:
                    await read_tail(response)
            finally:
                reader.stop()
                response.release()  # cuts the connection, and so the call, unless the answer has ended
        except Exception as error:  # noqa: BLE001 - nothing that a vendor sends may escape as anything else
            raise await self._failure(error, call, answer) from None  # it may quote the request's URL

    async def probe(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._keys.each_asked(self._probe_with)
        except (*CONNECTION_ERRORS, NotSent) as error:
            raise connection_failed(error) from None

    async def models(self, timeout_s: float) -> tuple[VendorModel, ...]:
        try:
            async with asyncio.timeout(timeout_s):
                found, _ = await self._keys.used(LISTING, Unwatched(), self._listed_with)
                return found
        except (*CONNECTION_ERRORS, NotSent) as error:
            raise connection_failed(error) from None

    async def _listed_with(self, key: Key) -> tuple[VendorModel, ...]:
        return await list_models(
            connections.take(self),
            self._target(self._models_url).url,
            self._headers_with(key),
            self.model_list,
            lambda status, headers, body: self._refused(status, headers, body, key),
        )

    async def _probe_with(self, key: Key) -> None:
        await probe(
            connections.take(self),
            models_url=self._target(self._models_url).url,
            chat_url=self._target(self._any_chat_url).url,
            headers=self._headers_with(key),
            refused=lambda status, headers, body: self._refused(status, headers, body, key),
        )

    def _headers_with(self, key: Key) -> dict[str, str]:
        """The headers of a request that is no call. Raises NotSent for a key that cannot be sent."""
        value = self._key_value(key, None)
        return self._headers | ({self.key_header: value} if header_line(self.key_header, value) else {})

    async def close(self) -> None:
        await connections.let_go(self)

    async def _of_events(self, body: bytes, reader: Reader, call: ProviderCall) -> Completion:
        """The whole answer that a stream says, which was not asked for. Raises ProviderError."""
        return await completion_of_events(body, reader)

    def _as_chunks(self, completion: Completion, call: ProviderCall) -> list[Chunk]:
        """The chunks of a whole answer to a call that asked for a stream. Raises ProviderError."""
        return chunks_of_completion(completion)

    async def _body_of(self, call: ProviderCall, ask: Callable[[Key], Awaitable[VendorResponse]]) -> bytes:
        """The body that answers a request which generates nothing, and so costs nothing: it has limits of its own at
        vendors, so that a refusal says nothing of other calls. Raises ProviderError.
        """
        ends_at_s = asyncio.get_running_loop().time() + call.timeout_s
        try:
            with TimeLimit(self._first_byte_s(call)):
                response = await self._keys.first_asked(ask)
            try:
                return await read_whole(response, ends_at_s=ends_at_s, gap_s=self._timeouts.gap_s)
            finally:
                response.release()
        except Exception as error:  # noqa: BLE001 - nothing that a vendor sends may escape as anything else
            raise self._as_provider_error(error, call) from None  # it may quote the request's URL

    async def _whole(
        self, call: ProviderCall, ask: Callable[[Key], Awaitable[VendorResponse]], *, may_stream: bool
    ) -> Completion:
        ends_at_s = asyncio.get_running_loop().time() + call.timeout_s
        answer: AnswerReader | None = None
        try:
            with TimeLimit(self._first_byte_s(call)):
                response, key = await self._keys.used(call.model, call.progress, ask, self._keys.taking(call))
            most = MAX_EMBEDDINGS_BYTES if call.protocol == "embeddings" else MAX_ANSWER_BYTES
            try:
                body = await read_whole(response, ends_at_s=ends_at_s, gap_s=self._timeouts.gap_s, most=most)
            finally:
                response.release()
            if may_stream and is_event_stream(body):
                answer = self._reader(call, key)
                completion = await self._of_events(body, answer, call)
            else:
                completion = await self._completion(body, call, key)
            return with_stated_cost(completion, response.headers)
        except Exception as error:  # noqa: BLE001 - nothing that a vendor sends may escape as anything else
            raise await self._failure(error, call, answer) from None  # it may quote the request's URL

    def _first_byte_s(self, call: ProviderCall) -> float:
        return min(self._timeouts.first_byte_s, call.first_byte_s, call.timeout_s)

    def _key_value(self, key: Key, call: ProviderCall | None) -> str:
        """What stands in the header of the key for a call, or for any; empty without a key."""
        return key.secret

    def _header_lines(self, call: ProviderCall) -> str:
        """Further headers of a call, each with its line end. Raises ProviderError for one that cannot be sent."""
        return ""

    async def _post(self, address: str, payload: bytes, call: ProviderCall, key: Key) -> VendorResponse:
        """The response, if it is a success. Raises ProviderError for a refusal, whatever becomes of its body."""
        credential = header_line(self.key_header, self._key_value(key, call)) + self._header_lines(call)
        target = self._target(address)
        response = await target.post(payload, call.attempt_id, call.progress, credential=credential)
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
        raise self._refused(response.status, response.headers, body[:MAX_ERROR_BYTES], key)

    def _target(self, address: str) -> Target:
        """Made once for each event loop's client. Raises NotSent."""
        session = connections.take(self)
        target = self._targets.get(address)
        if target is None or target.session is not session:
            if len(self._targets) >= MAX_TARGETS:
                self._targets.clear()
            target = Target(session, address, self._headers, self._timeouts.connect_s)
            self._targets[address] = target
        return target

    async def _failure(
        self, error: Exception, call: ProviderCall, answer: AnswerReader | None
    ) -> ProviderError:
        """Whatever went wrong, as a ProviderError that says what may be billed."""
        failed = self._as_provider_error(error, call)
        if failed.failure in (Failure.TIMEOUT, Failure.CUT) and failed.usage is None:
            failed.usage = await answer.came() if answer is not None else None
            failed.usage = failed.usage or await usage_unanswered(call)
        return failed

    def _as_provider_error(self, error: Exception, call: ProviderCall) -> ProviderError:
        if isinstance(error, ProviderError):
            return error
        if isinstance(error, (*CONNECTION_ERRORS, NotSent, Unanswered)):
            return connection_failed(error, sent=call.progress.sent)
        logger.error("provider.broke", exc_info=error)
        if call.progress.sent:
            return broken("its answer could not be read")
        return RequestNotMade("the request could not be made", failure=Failure.UNREACHABLE, retryable=False)
