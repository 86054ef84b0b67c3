"""A vendor that speaks OpenAI's protocols, as an LLMProvider. What the vendor says passes as it came."""

import logging
import time
from collections.abc import Callable, Mapping

from providers.base_url import base_of
from providers.http_provider import AnswerReader, HttpProvider
from providers.keys import Key, Keys
from providers.openai_compatible.answer import whole_answer
from providers.openai_compatible.authorization import Authorization
from providers.openai_compatible.errors import refused
from providers.openai_compatible.exchange import VendorResponse
from providers.openai_compatible.listing import MODELS
from providers.openai_compatible.objection import field_objected_to, is_lasting
from providers.openai_compatible.request import CODING, added_fields, payload_of, without_coding
from providers.openai_compatible.streamed import StreamedAnswer
from providers.openai_compatible.timeouts import Timeouts
from providers.openai_compatible.traits import LIMIT_NAMES, MAX_MODELS, TraitsOfModels, without
from providers.other_form import Reader
from providers.port import Capability, Chunk, Completion, ProviderCall, ProviderError
from providers.responses.native_answer import whole_response
from providers.responses.native_request import native_additions, native_payload
from providers.responses.native_stream import ResponsesStream
from providers.responses.other_form import events_of_response, response_of_events

RESPONSES = "responses"
logger = logging.getLogger(__name__)


class OpenAICompatibleProvider(HttpProvider):
    """Any base URL that has `/chat/completions` and `/embeddings`, and by its traits `/responses`. Every failure is a
    ProviderError.
    """

    capabilities = frozenset({Capability.CHAT, Capability.STREAM, Capability.EMBED})
    key_header = "authorization"
    model_list = MODELS

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | Keys = "",
        vendor: str = "",
        traits: str = "{}",
        timeouts: Timeouts | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`base_url` ends before `/chat/completions`, as OpenAI's SDK takes it, or names nothing but the host.
        `vendor` (empty: by the host) and `traits` (JSON) are the catalog's. `clock` dates the tokens that are signed
        with a key.
        """
        super().__init__(api_key=api_key, timeouts=timeouts)
        self._authorization = Authorization(clock)
        self._traits = TraitsOfModels(vendor=vendor, base_url=base_url, declared=traits)
        self._plain_embeddings: set[str] = set()
        """Models that make embeddings as numbers alone, and refuse to be told how to write them."""
        base = base_of(base_url, version=self._traits.endpoint.path)
        self._chat_url = f"{base}/chat/completions"
        self._responses_url = f"{base}/responses"
        self._embeddings_url = f"{base}/embeddings"
        self._models_address = f"{base}/models"

    @property
    def _models_url(self) -> str:
        return self._models_address

    @property
    def _any_chat_url(self) -> str:
        return self._chat_url

    def speaks(self, call: ProviderCall) -> bool:
        if call.protocol == RESPONSES:
            return self._traits.of(call.model, call.traits).responses
        return super().speaks(call)

    async def embed(self, call: ProviderCall) -> Completion:
        async def ask(key: Key) -> VendorResponse:
            payload = without_coding(call) if call.model in self._plain_embeddings else call.payload
            try:
                return await self._post(self._embeddings_url, payload, call, key)
            except ProviderError as error:
                if call.model in self._plain_embeddings or field_objected_to(error, [CODING]) is None:
                    raise
            if len(self._plain_embeddings) < MAX_MODELS:
                self._plain_embeddings.add(call.model)
            call.progress.sent = False  # a refusal costs nothing
            return await self._post(self._embeddings_url, without_coding(call), call, key)

        return await self._whole(call, ask, may_stream=False)

    def _key_value(self, key: Key, call: ProviderCall | None) -> str:
        traits = self._traits.of(call.model, call.traits) if call is not None else self._traits.endpoint
        return self._authorization.value(key.secret, traits.authorization)

    def _reader(self, call: ProviderCall, key: Key) -> AnswerReader:
        reader = ResponsesStream if call.protocol == RESPONSES else StreamedAnswer
        return reader(call, key.secret, self._traits.of(call.model, call.traits))

    async def _completion(self, body: bytes, call: ProviderCall, key: Key) -> Completion:
        if call.protocol == RESPONSES:
            return await whole_response(body, call, key.secret)
        return await whole_answer(body, call, key.secret, self._traits.of(call.model, call.traits))

    def _as_chunks(self, completion: Completion, call: ProviderCall) -> list[Chunk]:
        is_chat = call.protocol != RESPONSES
        return super()._as_chunks(completion, call) if is_chat else events_of_response(completion)

    async def _of_events(self, body: bytes, reader: Reader, call: ProviderCall) -> Completion:
        if call.protocol == RESPONSES:
            return await response_of_events(body, reader)
        return await super()._of_events(body, reader, call)

    def _refused(self, status: int, headers: Mapping[str, str], body: bytes, key: Key) -> ProviderError:
        return refused(status, headers, body, key.secret, self._traits.endpoint.error_words)

    async def _ask(self, call: ProviderCall, key: Key, *, streamed: bool) -> VendorResponse:
        """A vendor that refuses a field which the caller never sent is asked again without it, and that is
        remembered, unless it refuses this value alone.
        """
        traits = given = learnt = self._traits.of(call.model, call.traits)
        refused_fields = set[str]()
        url, written, additions = self._chat_url, payload_of, added_fields
        if call.protocol == RESPONSES:
            url, written, additions = self._responses_url, native_payload, native_additions
        while True:
            payload = written(call, streamed=streamed, traits=traits)
            try:
                answer = await self._post(url, payload, call, key)
            except ProviderError as error:
                added = additions(call, streamed=streamed, traits=traits)
                field = field_objected_to(error, added)
                refused_fields.add(field or "")
                if field is None or refused_fields.issuperset(LIMIT_NAMES):
                    raise
                traits = without(traits, field)
                if is_lasting(error, field):
                    learnt = without(learnt, field)
                call.progress.sent = False  # a refusal costs nothing
                continue
            if learnt is not given:
                logger.info(
                    "vendor.trait_learnt", extra={"model": call.model, "limit_names": learnt.limit_names}
                )
                self._traits.learn(call.model, call.traits, learnt)
            return answer
