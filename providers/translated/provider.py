"""A vendor with a protocol of its own as an LLMProvider: the request is translated, and so is its answer."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from providers.http_provider import HttpProvider
from providers.keys import Key
from providers.openai_compatible.errors import broken, error_within, refused
from providers.openai_compatible.exchange import VendorResponse
from providers.openai_compatible.lenient_json import NotJson, decode_object
from providers.port import Capability, Completion, Failure, ProviderCall, ProviderError
from providers.translated.event_stream import EventStream


class TranslatedProvider(HttpProvider):
    """What is the same for all of them. Every failure is a ProviderError."""

    capabilities = frozenset({Capability.CHAT, Capability.STREAM})
    name: str
    """What the protocol is called in refusals."""

    @abstractmethod
    def _url(self, model: str, *, streamed: bool) -> str:
        """Where a chat request goes."""

    @abstractmethod
    def _request(self, call: ProviderCall, *, streamed: bool) -> bytes:
        """The body. Raises ProviderError for what cannot be translated."""

    @abstractmethod
    def _reader(self, call: ProviderCall, key: Key) -> EventStream:
        """Reads a streamed answer to this call, which was made with this key."""

    @abstractmethod
    async def _answer(self, body: dict[str, Any], call: ProviderCall) -> Completion:
        """A whole answer, which holds no error. Raises ProviderError."""

    @abstractmethod
    def _named(self, error: ProviderError) -> ProviderError:
        """A refusal, with the code that callers know, if it is one of the vendor's own words for it."""

    def _retry_after_s(self, body: bytes) -> float | None:
        """When to come back, where the vendor says so in the body of a refusal."""
        return None

    @property
    def _any_chat_url(self) -> str:
        return self._url("any", streamed=False)

    async def embed(self, call: ProviderCall) -> Completion:
        raise ProviderError(
            f"{self.name} has no embeddings here", failure=Failure.UNREACHABLE, retryable=False, status=400
        )

    async def _ask(self, call: ProviderCall, key: Key, *, streamed: bool) -> VendorResponse:
        payload = self._request(call, streamed=streamed)
        return await self._post(self._url(call.model, streamed=streamed), payload, call, key)

    def _refused(self, status: int, headers: Mapping[str, str], body: bytes, key: Key) -> ProviderError:
        error = refused(status, headers, body, key.secret)
        if error.retry_after_s is None:
            error.retry_after_s = self._retry_after_s(body)
        return self._named(error)

    async def _completion(self, body: bytes, call: ProviderCall, key: Key) -> Completion:
        try:
            given = decode_object(body)
        except NotJson:
            raise broken("its answer is not valid JSON") from None
        if given.get("error"):
            raise error_within(given["error"], key.secret, began=False)
        return await self._answer(given, call)
