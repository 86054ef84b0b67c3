"""A vendor that speaks OpenAI's protocol, as an LLMProvider. What the vendor says passes as it came."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress

from providers.listing import list_models
from providers.openai_compatible.answer import (
    answer_of_events,
    chunks_of_whole,
    is_event_stream,
    read_whole,
    whole_answer,
)
from providers.openai_compatible.connections import connections
from providers.openai_compatible.errors import (
    CONNECTION_ERRORS,
    MAX_ERROR_BYTES,
    broken,
    connection_failed,
    refused,
)
from providers.openai_compatible.exchange import NotSent, Target, Unanswered, VendorResponse
from providers.openai_compatible.final_usage import usage_unanswered
from providers.openai_compatible.listing import models_in, only_page
from providers.openai_compatible.objection import field_objected_to
from providers.openai_compatible.probe import probe
from providers.openai_compatible.request import added_fields, payload_of
from providers.openai_compatible.stream_edges import next_of, read_tail, start_of
from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.timed_reader import TimedReader
from providers.openai_compatible.timeouts import Timeouts
from providers.openai_compatible.traits import LIMIT_NAMES, Traits, TraitsOfModels, without
from providers.port import Capability, Chunk, Completion, Failure, ProviderCall, ProviderError, VendorModel

SUCCESS = range(200, 300)
logger = logging.getLogger(__name__)


class OpenAICompatibleProvider:
    """Any base URL that has `/chat/completions` and `/embeddings`. Every failure is a ProviderError."""

    capabilities = frozenset({Capability.CHAT, Capability.STREAM, Capability.EMBED})

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str = "",
        vendor: str = "",
        traits: str = "{}",
        timeouts: Timeouts | None = None,
    ) -> None:
        """`base_url` ends before `/chat/completions`, as OpenAI's SDK takes it. `vendor` (empty: by the host) and
        `traits` (JSON) are the catalog's.
        """
        base = base_url.rstrip("/")
        self._chat_url = f"{base}/chat/completions"
        self._embeddings_url = f"{base}/embeddings"
        self._traits = TraitsOfModels(vendor=vendor, base_url=base_url, declared=traits)
        self._api_key = api_key
        self._timeouts = timeouts or Timeouts()
        # Not compressed: the bytes go on as they come.
        self._headers = {"content-type": "application/json", "accept-encoding": "identity"}
        self._targets: dict[str, Target] = {}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"

    async def complete(self, call: ProviderCall) -> Completion:
        traits = self._traits.of(call.model, call.traits)
        return await self._whole(self._chat_url, call, traits)

    async def embed(self, call: ProviderCall) -> Completion:
        return await self._whole(self._embeddings_url, call, None)

    async def stream(self, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
        ends_at_s = asyncio.get_running_loop().time() + call.timeout_s
        answer = StreamedAnswer(call, self._api_key, self._traits.of(call.model, call.traits))
        try:
            async with asyncio.timeout(min(self._timeouts.first_byte_s, call.timeout_s)):
                response = await self._ask(self._chat_url, call, streamed=True)
            reader = TimedReader(response, ends_at_s=ends_at_s, gap_s=self._timeouts.first_byte_s)
            try:
                part = await start_of(reader)
                if is_event_stream(part) is False and part:
                    body = await read_whole(
                        response, ends_at_s=ends_at_s, gap_s=self._timeouts.gap_s, begun=part
                    )
                    for chunk in await chunks_of_whole(body, call, self._api_key):
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

    async def probe(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                target = self._target(self._chat_url)
                await probe(connections.take(self), target.url, self._headers, self._api_key)
        except (*CONNECTION_ERRORS, NotSent) as error:
            raise connection_failed(error) from None

    async def models(self, timeout_s: float) -> tuple[VendorModel, ...]:
        try:
            async with asyncio.timeout(timeout_s):
                url = self._target(self._chat_url).url.parent.parent / "models"
                session = connections.take(self)
                return await list_models(
                    *(session, url, self._headers, self._api_key),
                    query={},
                    read=models_in,
                    next_page=only_page,
                )
        except (*CONNECTION_ERRORS, NotSent) as error:
            raise connection_failed(error) from None

    async def close(self) -> None:
        await connections.let_go(self)

    async def _whole(self, url: str, call: ProviderCall, traits: Traits | None) -> Completion:
        """The deadline is asyncio's, which costs a call 20 µs less than the client's timers."""
        ends_at_s = asyncio.get_running_loop().time() + call.timeout_s
        answer: StreamedAnswer | None = None
        try:
            async with asyncio.timeout(call.timeout_s):
                response = await self._ask(url, call, streamed=False)
                try:
                    body = await read_whole(response, ends_at_s=ends_at_s, gap_s=self._timeouts.gap_s)
                finally:
                    response.release()
            if traits is not None and is_event_stream(body):
                answer = StreamedAnswer(call, self._api_key, traits)
                return await answer_of_events(body, answer)
            return await whole_answer(body, call, self._api_key)
        except Exception as error:  # noqa: BLE001 - nothing that a vendor sends may escape as anything else
            raise await self._failure(error, call, answer) from None  # it may quote the request's URL

    async def _ask(self, url: str, call: ProviderCall, *, streamed: bool) -> VendorResponse:
        """The vendor's response, to be released, if its status is a success.

        A vendor that refuses a field which the caller never sent is asked again without it, and that is remembered.
        Redirects are not followed: the key goes to the configured host alone.
        """
        target = self._target(url)
        if url == self._embeddings_url:
            return await self._answered(await target.post(call.payload, call.attempt_id, call.progress))
        traits = self._traits.of(call.model, call.traits)
        given, refused_fields = traits, set[str]()
        while True:
            payload = payload_of(call, streamed=streamed, traits=traits)
            try:
                answer = await self._answered(await target.post(payload, call.attempt_id, call.progress))
            except ProviderError as error:
                added = added_fields(call, streamed=streamed, traits=traits)
                field = field_objected_to(error, added)
                refused_fields.add(field or "")
                if field is None or refused_fields.issuperset(LIMIT_NAMES):
                    raise
                traits = without(traits, field)
                call.progress.sent = False  # a refusal costs nothing
                continue
            if traits is not given:
                logger.info(
                    "vendor.trait_learnt", extra={"model": call.model, "limit_names": traits.limit_names}
                )
                self._traits.learn(call.model, call.traits, traits)
            return answer

    async def _answered(self, response: VendorResponse) -> VendorResponse:
        """The response itself, if it is a success. Raises ProviderError for a refusal, whatever becomes of its body."""
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
        raise refused(response.status, response.headers, body[:MAX_ERROR_BYTES], self._api_key)

    def _target(self, url: str) -> Target:
        """Made once for each event loop's client. Raises NotSent."""
        session = connections.take(self)
        target = self._targets.get(url)
        if target is None or target.session is not session:
            target = self._targets[url] = Target(session, url, self._headers, self._timeouts.connect_s)
        return target

    async def _failure(
        self, error: Exception, call: ProviderCall, answer: StreamedAnswer | None
    ) -> ProviderError:
        """Whatever went wrong, as a ProviderError that says what may be billed."""
        if isinstance(error, ProviderError):
            failed = error
        elif isinstance(error, (*CONNECTION_ERRORS, NotSent, Unanswered)):
            failed = connection_failed(error, sent=call.progress.sent)
        elif not call.progress.sent:
            logger.error("provider.broke", exc_info=error)
            failed = ProviderError(
                "the request could not be made", failure=Failure.UNREACHABLE, retryable=False
            )
        else:
            logger.error("provider.broke", exc_info=error)
            failed = broken("its answer could not be read")
        if failed.failure in (Failure.TIMEOUT, Failure.CUT) and failed.usage is None:
            failed.usage = await answer.came() if answer is not None else None
            failed.usage = failed.usage or await usage_unanswered(call)
        return failed
