"""A provider asked in a protocol that is not its own: by way of chat, which every provider speaks.

1. The caller's request is translated to chat, from what the caller sent, whichever vendor was tried before.
2. The provider answers in chat, whole or in chunks. What the translation has added, and a vendor's own protocol has no
   word for, is left out, as for vendors of chat who refuse it.
3. The answer is translated back; its figures stay as they are.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from providers.messages.answer import whole_of as whole_message
from providers.messages.events import MessagesEvents
from providers.messages.request import chat_request as chat_of_message
from providers.messages.said import first_choice
from providers.messages.versions import check_version
from providers.openai_compatible.errors import broken
from providers.openai_compatible.hints import LEARNT
from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient
from providers.port import (
    Chunk,
    Completion,
    Failure,
    LLMProvider,
    Progress,
    ProviderCall,
    ProviderError,
    Usage,
)
from providers.responses.answer import whole_of as whole_response
from providers.responses.events import ResponsesEvents
from providers.responses.request import chat_request as chat_of_response
from providers.translated.callers_words import in_words_of

MADE_HERE = ("max_tokens", "stream_options", *LEARNT)
"""Fields of the chat request that the translation makes: another name may be tried, or none, where a vendor objects."""
ENDS = ("stop", "length", "tool_calls", "function_call", "content_filter")
"""Why a chat completion ends. With any other word, or none, nobody knows whether it had said all."""
CHAT, MESSAGES, RESPONSES, EMBEDDINGS = "chat", "messages", "responses", "embeddings"


class Events(Protocol):
    """Makes the events of a stream from the chunks of a chat completion."""

    @property
    def finish(self) -> object:
        """Why the chat completion ended, in its vendor's word; None: that was not said."""

    def feed(self, chunk: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The events that a chunk brings."""
        ...

    def end(self, usage: Usage) -> Iterator[dict[str, Any]]:
        """The closing events, with the usage."""
        ...


class Translation(Struct, frozen=True, kw_only=True):
    """From a protocol to chat and back."""

    request: Callable[[Mapping[str, Any]], dict[str, Any]]
    whole: Callable[..., dict[str, Any]]
    events: Callable[..., Events]


TRANSLATIONS = {
    MESSAGES: Translation(request=chat_of_message, whole=whole_message, events=MessagesEvents),
    RESPONSES: Translation(request=chat_of_response, whole=whole_response, events=ResponsesEvents),
}


class _ChatCall(Struct, frozen=True, kw_only=True):
    """Implements ProviderCall: a call in another protocol, as one of chat."""

    model: str
    payload: bytes
    body: Mapping[str, Any]
    asked: Mapping[str, Any]
    callers: str
    """The protocol that it was asked in."""
    attempt_id: str
    output_limit: int
    input_bound: int
    traits: Mapping[str, Any]
    progress: Progress
    timeout_s: float
    first_byte_s: float
    protocol: str = CHAT
    headers: Mapping[str, str] = {}


async def complete_in(provider: LLMProvider, call: ProviderCall) -> Completion:
    """One whole answer in the call's protocol. Raises ProviderError."""
    if call.protocol == EMBEDDINGS:
        return await provider.embed(call)
    if provider.speaks(call):
        return await provider.complete(call)
    translation = TRANSLATIONS[call.protocol]
    answer = await _completed(provider, _as_chat(call, translation))
    try:
        given = decode_object(answer.body)
        body = encode_lenient(translation.whole(given, asked=call.asked, usage=answer.usage))
    except (NotJson, RecursionError):
        raise _unreadable("its answer is nested too deeply", answer.usage) from None
    has_ended = first_choice(given).get("finish_reason") in ENDS and not given.get("error")
    return Completion(body=body, model=answer.model, usage=answer.usage, unfinished=not has_ended)


async def stream_in(provider: LLMProvider, call: ProviderCall) -> AsyncGenerator[Chunk, None]:
    """The events of an answer in the call's protocol. Raises ProviderError."""
    if provider.speaks(call):
        chunks, translate = provider.stream(call), None
    else:
        translation = TRANSLATIONS[call.protocol]
        translate = translation.events(asked=call.asked, attempt_id=call.attempt_id)
        chunks = _streamed(provider, _as_chat(call, translation))
    async with aclosing(chunks):
        async for chunk in chunks:
            if translate is None:
                yield chunk
                continue
            for event in _translated(translate, chunk):
                yield event


async def _completed(provider: LLMProvider, chat: _ChatCall) -> Completion:
    while True:
        try:
            return await provider.complete(chat)
        except ProviderError as error:
            chat = _without_hint(chat, error)


async def _streamed(provider: LLMProvider, chat: _ChatCall) -> AsyncGenerator[Chunk, None]:
    while True:
        try:
            async with aclosing(provider.stream(chat)) as chunks:
                async for chunk in chunks:
                    yield chunk
                return
        except ProviderError as error:
            chat = _without_hint(chat, error)


def _without_hint(chat: _ChatCall, error: ProviderError) -> _ChatCall:
    """The call without the field that could not be translated and was not sent. Raises the error where that is none
    which the answer can do without, in the words of the caller's protocol.
    """
    field = error.param or ""
    if error.failure is not Failure.UNREACHABLE or field not in LEARNT or field not in chat.body:
        raise in_words_of(chat.callers, error)
    body = {name: value for name, value in chat.body.items() if name != field}
    return replace(chat, body=body, payload=encode_lenient(body))


def _translated(translate: Events, chunk: Chunk) -> Iterator[Chunk]:
    """The usage belongs to the last of the closing events that tell it."""
    try:
        if chunk.data and not (chunk.only_usage and chunk.usage is not None):
            for event in translate.feed(decode_object(chunk.data)):
                yield Chunk(data=encode_lenient(event), model=chunk.model)
        if chunk.usage is not None:
            closing = list(translate.end(chunk.usage))
            tells = max([place for place, event in enumerate(closing) if _has_usage(event)])
            unfinished = translate.finish not in ENDS
            for place, event in enumerate(closing):
                usage = chunk.usage if place == tells else None
                yield Chunk(data=encode_lenient(event), model=chunk.model, usage=usage, unfinished=unfinished)
    except (NotJson, RecursionError):
        raise _unreadable("an event of its stream is nested too deeply", chunk.usage) from None


def _unreadable(why: str, usage: Usage | None) -> ProviderError:
    """The error for an answer that has no form in the caller's protocol; what the vendor said that it bills stands."""
    error = broken(why)
    error.usage = usage
    return error


def _has_usage(event: Mapping[str, Any]) -> bool:
    response = event.get("response")
    return bool(event.get("usage") or (isinstance(response, Mapping) and response.get("usage")))


def _as_chat(call: ProviderCall, translation: Translation) -> _ChatCall:
    """Raises ProviderError for what chat has no word for."""
    if call.protocol == MESSAGES:
        check_version(call.headers, call.asked)
    body = {**translation.request(call.body), "model": call.model}
    return _ChatCall(
        model=call.model,
        payload=encode_lenient(body),
        body=body,
        asked={name: value for name, value in body.items() if name not in MADE_HERE},
        callers=call.protocol,
        attempt_id=call.attempt_id,
        output_limit=call.output_limit,
        input_bound=call.input_bound,
        traits=call.traits,
        progress=call.progress,
        timeout_s=call.timeout_s,
        first_byte_s=call.first_byte_s,
    )
