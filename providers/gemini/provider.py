"""Gemini as an LLMProvider (ADR 30)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from providers.base_url import base_of
from providers.gemini.answer import completion_of
from providers.gemini.embeddings import embeddings_of, embeddings_request
from providers.gemini.listing import MODELS
from providers.gemini.request import NAME, request_of
from providers.gemini.streamed import GeminiStream
from providers.keys import Key, Keys
from providers.openai_compatible.errors import MAX_RETRY_AFTER_S
from providers.openai_compatible.exchange import VendorResponse
from providers.openai_compatible.lenient_json import NotJson, decode_lenient, decode_object, encode_lenient
from providers.openai_compatible.timeouts import Timeouts
from providers.port import Capability, Completion, ProviderCall, ProviderError
from providers.translated.provider import TranslatedProvider

BASE_URL = "https://generativelanguage.googleapis.com"
VERSION = "v1beta"
NOT_FOUND, RATE_LIMITED = 404, 429
_MODEL = re.compile(r"status 404: models?/", re.IGNORECASE)
_DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")


def _path_of(model: str) -> str:
    return model if model.startswith(("models/", "tunedModels/")) else f"models/{model}"


class GeminiProvider(TranslatedProvider):
    """Any base URL that has `/v1beta/models/{model}:generateContent`. The key is in a header, never in the URL."""

    capabilities = frozenset({Capability.CHAT, Capability.STREAM, Capability.EMBED})
    name = NAME
    key_header = "x-goog-api-key"
    model_list = MODELS

    def __init__(
        self, *, base_url: str = "", api_key: str | Keys = "", timeouts: Timeouts | None = None
    ) -> None:
        """`base_url` ends before `/models`, or before `/v1beta`."""
        super().__init__(api_key=api_key, timeouts=timeouts)
        self._base = base_of(base_url, BASE_URL, version=VERSION)

    @property
    def _models_url(self) -> str:
        return f"{self._base}/models?pageSize=1"

    def _url(self, model: str, *, streamed: bool) -> str:
        method = "streamGenerateContent?alt=sse" if streamed else "generateContent"
        return f"{self._base}/{quote(_path_of(model), safe='/')}:{method}"

    async def embed(self, call: ProviderCall) -> Completion:
        path = _path_of(call.model)

        async def ask(key: Key) -> VendorResponse:
            address = f"{self._base}/{quote(path, safe='/')}:batchEmbedContents"
            return await self._post(address, embeddings_request(call, path), call, key)

        return await self._whole(call, ask, may_stream=False)

    def _request(self, call: ProviderCall, *, streamed: bool) -> bytes:
        return request_of(call)

    def _reader(self, call: ProviderCall, key: Key) -> GeminiStream:
        return GeminiStream(call, key.secret)

    async def _completion(self, body: bytes, call: ProviderCall, key: Key) -> Completion:
        events = _events_listed(body)
        if events:
            return await self._of_events(events, self._reader(call, key), call)
        return await super()._completion(body, call, key)

    async def _answer(self, body: dict[str, Any], call: ProviderCall) -> Completion:
        if call.protocol == "embeddings":
            return await embeddings_of(body, call)
        return await completion_of(body, call)

    def _named(self, error: ProviderError) -> ProviderError:
        if error.status == NOT_FOUND and error.code is None and _MODEL.match(error.message):
            error.code, error.retryable = "model_not_found", False
        elif error.status == RATE_LIMITED and error.retry_after_s is not None:
            error.code, error.retryable = None, True  # a rate is a quota to Google: this one fills again
        return error

    def _retry_after_s(self, body: bytes) -> float | None:
        """Google's `RetryInfo`, in the details of an error."""
        try:
            given = decode_object(body)
        except NotJson:
            return None
        for detail in _details(given.get("error")):
            delay = _DELAY.fullmatch(str(detail.get("retryDelay", "")))
            if delay is not None:
                return min(float(delay[1]), MAX_RETRY_AFTER_S)
        return None


def _events_listed(body: bytes) -> bytes:
    """A list of events as a stream of them: so Google streams to who does not ask for `alt=sse`, which some proxies
    take away. Empty: it is no such list.
    """
    if body.lstrip()[:1] != b"[":
        return b""
    try:
        events = decode_lenient(body)
    except NotJson:
        return b""
    if not isinstance(events, list) or len(events) < 2:  # one alone is a whole answer
        return b""
    return b"".join([b"data: " + encode_lenient(event) + b"\n\n" for event in events])


def _details(error: object) -> Iterator[Mapping[str, Any]]:
    details = error.get("details") if isinstance(error, Mapping) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, Mapping):
            yield detail
