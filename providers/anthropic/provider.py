"""Anthropic as an LLMProvider (ADR 30)."""

import re
from typing import Any

from providers.anthropic.answer import completion_of
from providers.anthropic.listing import MODELS
from providers.anthropic.request import NAME, request_of
from providers.anthropic.streamed import AnthropicStream
from providers.base_url import base_of
from providers.keys import Key, Keys
from providers.openai_compatible.timeouts import Timeouts
from providers.port import Completion, ProviderCall, ProviderError
from providers.translated.provider import TranslatedProvider

BASE_URL = "https://api.anthropic.com"
VERSION = "2023-06-01"
"""Of the protocol. From 2026-10-21 on `temperature`, `top_p` and `top_k` are refused for all models; by this one each
model says by itself what it takes.
"""
NOT_FOUND = 404
_MODEL = re.compile(r"status 404: model\b", re.IGNORECASE)
_TOO_LONG = re.compile(r"prompt is too long|exceed(?:s|ed)? (?:the )?context", re.IGNORECASE)


class AnthropicProvider(TranslatedProvider):
    """Any base URL that has `/v1/messages`."""

    name = NAME
    key_header = "x-api-key"
    model_list = MODELS

    def __init__(
        self, *, base_url: str = "", api_key: str | Keys = "", timeouts: Timeouts | None = None
    ) -> None:
        """`base_url` ends before `/messages`, or before `/v1`."""
        super().__init__(api_key=api_key, timeouts=timeouts, headers={"anthropic-version": VERSION})
        self._base = base_of(base_url, BASE_URL, version="v1")

    @property
    def _models_url(self) -> str:
        return f"{self._base}/models?limit=1"

    def _url(self, model: str, *, streamed: bool) -> str:
        return f"{self._base}/messages"

    def _request(self, call: ProviderCall, *, streamed: bool) -> bytes:
        return request_of(call, streamed=streamed)

    def _reader(self, call: ProviderCall, key: Key) -> AnthropicStream:
        return AnthropicStream(call, key.secret)

    async def _answer(self, body: dict[str, Any], call: ProviderCall) -> Completion:
        return await completion_of(body, call)

    def _named(self, error: ProviderError) -> ProviderError:
        if error.code is None and error.status is not None:
            if error.status == NOT_FOUND and _MODEL.match(error.message):
                error.code, error.retryable = "model_not_found", False
            elif _TOO_LONG.search(error.message):
                error.code, error.retryable = "context_length_exceeded", False
        return error
