"""What every provider can do, sync and async. Public: LLMProvider, AsyncLLMProvider.

Both are the same few lines over a Connection, whose flows do the thinking; they differ in who carries the flows out.
"""

import os
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Any, Self
from urllib.parse import urlsplit

import httpx2

from gateway_client.connection import Connection
from gateway_client.drivers import AsyncDriver, SyncDriver, http_options
from gateway_client.messages import as_messages, as_tools
from gateway_client.models import ModelList
from gateway_client.retries import RetryPolicy
from gateway_client.tokens import count_tokens
from gateway_client.values import ChatChunk, ChatRequest, ChatResponse, Messages, Tool

Tools = Iterable[Tool | Mapping[str, Any]]
SIGNED_BY_US = "signed-by-the-http-client"
"""The SDK wants a key; the HTTP client below it puts the real one in its place."""
OPENAIS_HOST = "api.openai.com"
OPENAIS_OWN = ("OpenAI-Organization", "OpenAI-Project")


def without_openais_own(url: str, omit: Any) -> dict[str, Any]:
    """What leaves out the headers that the SDK takes from variables such as OPENAI_ORG_ID and OPENAI_CUSTOM_HEADERS:
    they say who somebody is at OpenAI, or at a proxy before it, which is nobody else's business.
    """
    if urlsplit(url).hostname == OPENAIS_HOST:
        return {}
    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
    named = [line.partition(":")[0].strip() for line in lines if ":" in line]
    # The SDK wants an authorization; the HTTP client below it puts the real one there.
    return dict.fromkeys([*OPENAIS_OWN, *(name for name in named if name.lower() != "authorization")], omit)


class _Provider:
    """What needs no answer from anybody."""

    sentence = ""
    """Which mode is in force, and why."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def count_tokens(self, text: str) -> int:
        """About the tokens of a text, counted here; what counts is what the gateway counts."""
        return count_tokens(text)

    def with_policy(self, policy: RetryPolicy) -> Self:
        """The same, as patient as the policy says. Connections and rates stay shared: close one of the two."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.connection = replace(self.connection, policy=policy)
        return other

    def _request(
        self,
        messages: Messages,
        tools: Tools | None,
        temperature: float | None,
        max_tokens: int | None,
        timeout_s: float | None,
        options: Mapping[str, Any],
    ) -> ChatRequest:
        held = self.connection
        return ChatRequest(
            messages=as_messages(messages),
            tools=as_tools(tools or ()),
            temperature=held.temperature if temperature is None else temperature,
            max_tokens=held.max_tokens if max_tokens is None else max_tokens,
            timeout_s=timeout_s,
            options=options,
        )

    def _cost(
        self, known: ModelList, input_tokens: int, output_tokens: int, model: str | None
    ) -> Decimal | None:
        found = known.find(self.connection.model if model is None else model)
        return found.price.cost(input_tokens, output_tokens) if found is not None and found.price else None


class LLMProvider(_Provider):
    """Somebody who answers. Safe to use from several threads."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._http = httpx2.Client(
            **http_options(connection.base_url, connection.source, timeout_s=connection.timeout_s),
            headers=connection.headers,
        )
        self._driver = SyncDriver(self._http, lambda: self._once_only)
        self._known: ModelList | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()

    @cached_property
    def openai(self) -> Any:
        """The official SDK (`openai.OpenAI`) over the same connections and credential, for all that it can do."""
        import openai

        url = self.connection.base_url + self.connection.prefix
        without = without_openais_own(url, openai.omit)
        return openai.OpenAI(
            base_url=url, api_key=SIGNED_BY_US, http_client=self._http, default_headers=without
        )

    @cached_property
    def _once_only(self) -> Any:
        """The SDK without repetitions of its own: the flows know more about when to repeat."""
        return self.openai.with_options(max_retries=0)

    def chat(
        self,
        messages: Messages,
        tools: Tools | None = None,
        *,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        timeout_s: float | None = None,
        **options: Any,
    ) -> ChatResponse:
        """A whole answer. Raises GatewayError and its kinds."""
        request = self._request(messages, tools, temperature, max_tokens, timeout_s, options)
        return self._driver.run(self.connection.chat(request, model))

    def stream_chat(
        self,
        messages: Messages,
        tools: Tools | None = None,
        *,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        timeout_s: float | None = None,
        **options: Any,
    ) -> Iterator[ChatChunk]:
        """An answer piece by piece. One that breaks before its first piece is begun again; later it raises
        GatewayUnavailableError, whose `partial` is what had come.
        """
        request = self._request(messages, tools, temperature, max_tokens, timeout_s, options)
        return self._driver.stream(*self.connection.stream(request, model))

    def models(self, *, safe_mode: bool = False) -> ModelList:
        """What the caller may ask for. `safe_mode`: a list of well-known names where the gateway is not there."""
        found = self._driver.run(self.connection.models(safe_mode=safe_mode))
        if not found.is_safe_mode:
            self._known = found
        return found

    def calculate_cost(
        self, input_tokens: int, output_tokens: int, *, model: str | None = None
    ) -> Decimal | None:
        """About what a call would cost in US dollars, by the prices that the gateway lists; None: nobody knows.

        They are asked for once; `models` renews them.
        """
        return self._cost(self._known or self.models(), input_tokens, output_tokens, model)


class AsyncLLMProvider(_Provider):
    """The same on an event loop."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._http = httpx2.AsyncClient(
            **http_options(connection.base_url, connection.source, timeout_s=connection.timeout_s),
            headers=connection.headers,
        )
        self._driver = AsyncDriver(self._http, lambda: self._once_only)
        self._known: ModelList | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Gives the connections back."""
        await self._http.aclose()

    @cached_property
    def openai(self) -> Any:
        """The official SDK (`openai.AsyncOpenAI`) over the same connections and credential."""
        import openai

        url = self.connection.base_url + self.connection.prefix
        without = without_openais_own(url, openai.omit)
        return openai.AsyncOpenAI(
            base_url=url, api_key=SIGNED_BY_US, http_client=self._http, default_headers=without
        )

    @cached_property
    def _once_only(self) -> Any:
        return self.openai.with_options(max_retries=0)

    async def chat(
        self,
        messages: Messages,
        tools: Tools | None = None,
        *,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        timeout_s: float | None = None,
        **options: Any,
    ) -> ChatResponse:
        """As LLMProvider.chat."""
        request = self._request(messages, tools, temperature, max_tokens, timeout_s, options)
        return await self._driver.run(self.connection.chat(request, model))

    def stream_chat(
        self,
        messages: Messages,
        tools: Tools | None = None,
        *,
        model: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        timeout_s: float | None = None,
        **options: Any,
    ) -> AsyncIterator[ChatChunk]:
        """As LLMProvider.stream_chat, for `async for`."""
        request = self._request(messages, tools, temperature, max_tokens, timeout_s, options)
        return self._driver.stream(*self.connection.stream(request, model))

    async def models(self, *, safe_mode: bool = False) -> ModelList:
        """As LLMProvider.models."""
        found = await self._driver.run(self.connection.models(safe_mode=safe_mode))
        if not found.is_safe_mode:
            self._known = found
        return found

    async def calculate_cost(
        self, input_tokens: int, output_tokens: int, *, model: str | None = None
    ) -> Decimal | None:
        """As LLMProvider.calculate_cost."""
        return self._cost(self._known or await self.models(), input_tokens, output_tokens, model)
