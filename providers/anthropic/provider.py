"""Anthropic as an LLMProvider (ADR 30)."""

import logging
import re
from typing import Any

from providers.anthropic.answer import completion_of
from providers.anthropic.listing import MODELS
from providers.anthropic.passed_answer import PassedStream, count_in, passed_completion
from providers.anthropic.passed_request import (
    PROTOCOL,
    VERSION_HEADER,
    counted_request,
    header_lines,
    passed_request,
)
from providers.anthropic.place import PLACE, takes_place
from providers.anthropic.request import NAME, request_of
from providers.anthropic.streamed import AnthropicStream
from providers.base_url import base_of
from providers.keys import Key, Keys
from providers.messages.reshaped import events_of_completion, message_of_events
from providers.openai_compatible.exchange import VendorResponse
from providers.openai_compatible.objection import field_objected_to
from providers.openai_compatible.timeouts import Timeouts
from providers.openai_compatible.traits import MAX_MODELS
from providers.other_form import Reader
from providers.port import Chunk, Completion, ProviderCall, ProviderError
from providers.translated.event_stream import EventStream
from providers.translated.provider import TranslatedProvider

logger = logging.getLogger(__name__)
BASE_URL = "https://api.anthropic.com"
VERSION = "2023-06-01"
"""Of the protocol. From 2026-10-21 on `temperature`, `top_p` and `top_k` are refused for all models; by this one each
model says by itself what it takes.
"""
CHAT = "chat"
NOT_FOUND = 404
_MODEL = re.compile(r"status 404: model\b", re.IGNORECASE)
_TOO_LONG = re.compile(r"prompt is too long|exceed(?:s|ed)? (?:the )?context", re.IGNORECASE)


class AnthropicProvider(TranslatedProvider):
    """Any base URL that has `/v1/messages`. Chat is translated; what is in this protocol already passes as it is."""

    name = NAME
    key_header = "x-api-key"
    model_list = MODELS

    def __init__(
        self, *, base_url: str = "", api_key: str | Keys = "", timeouts: Timeouts | None = None
    ) -> None:
        """`base_url` ends before `/messages`, or before `/v1`."""
        super().__init__(api_key=api_key, timeouts=timeouts)
        self._base = base_of(base_url, BASE_URL, version="v1")
        self._without_place: set[str] = set()
        """Models that refuse to be told where they may be run."""

    @property
    def _models_url(self) -> str:
        return f"{self._base}/models?limit=1"

    def _url(self, model: str, *, streamed: bool) -> str:
        return f"{self._base}/messages"

    def speaks(self, call: ProviderCall) -> bool:
        return call.protocol in (CHAT, PROTOCOL)

    def _headers_with(self, key: Key) -> dict[str, str]:
        return super()._headers_with(key) | {VERSION_HEADER: VERSION}

    def _header_lines(self, call: ProviderCall) -> str:
        return header_lines(call.headers if call.protocol == PROTOCOL else {}, VERSION)

    def _request(self, call: ProviderCall, *, streamed: bool) -> bytes:
        made = passed_request if call.protocol == PROTOCOL else request_of
        return made(call, streamed=streamed, anywhere=self._says_anywhere(call))

    def _says_anywhere(self, call: ProviderCall) -> bool:
        return (
            call.traits.get("runs_anywhere", True)
            and takes_place(call.model)
            and call.model not in self._without_place
            and call.asked.get(PLACE) is None
        )

    async def _ask(self, call: ProviderCall, key: Key, *, streamed: bool) -> VendorResponse:
        try:
            return await super()._ask(call, key, streamed=streamed)
        except ProviderError as error:
            if not self._says_anywhere(call) or field_objected_to(error, [PLACE]) is None:
                raise
        if len(self._without_place) < MAX_MODELS:
            self._without_place.add(call.model)
        logger.info("vendor.trait_learnt", extra={"model": call.model, "refused": PLACE})
        call.progress.sent = False  # a refusal costs nothing
        return await super()._ask(call, key, streamed=streamed)

    def _reader(self, call: ProviderCall, key: Key) -> EventStream:
        if call.protocol == PROTOCOL:
            return PassedStream(call, key.secret)
        return AnthropicStream(call, key.secret)

    async def _completion(self, body: bytes, call: ProviderCall, key: Key) -> Completion:
        if call.protocol == PROTOCOL:
            return await passed_completion(body, call, key.secret)
        return await super()._completion(body, call, key)

    async def _answer(self, body: dict[str, Any], call: ProviderCall) -> Completion:
        return await completion_of(body, call)

    async def _of_events(self, body: bytes, reader: Reader, call: ProviderCall) -> Completion:
        if call.protocol == PROTOCOL:
            return await message_of_events(body, reader)
        return await super()._of_events(body, reader, call)

    def _as_chunks(self, completion: Completion, call: ProviderCall) -> list[Chunk]:
        if call.protocol == PROTOCOL:
            return events_of_completion(completion)
        return super()._as_chunks(completion, call)

    async def count_input(self, call: ProviderCall) -> int | None:
        """The vendor counts what is in its own protocol."""
        if call.protocol != PROTOCOL:
            return None
        payload = counted_request(call)
        body = await self._body_of(
            call, lambda key: self._post(f"{self._base}/messages/count_tokens", payload, call, key)
        )
        return count_in(body)

    def _named(self, error: ProviderError) -> ProviderError:
        if error.code is None and error.status is not None:
            if error.status == NOT_FOUND and _MODEL.match(error.message):
                error.code, error.retryable = "model_not_found", False
            elif _TOO_LONG.search(error.message):
                error.code, error.retryable = "context_length_exceeded", False
        return error
