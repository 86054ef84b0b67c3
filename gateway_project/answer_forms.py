"""Joins the answer cache to the forms of vendors' answers: metering and providers are strangers (ADR 0010)."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from metering.answer_cache.forms import AnswerForms, NoOtherForm
from metering.answer_cache.part import ONLY_USAGE, WITH_USAGE, Part
from metering.types import WireProtocol
from providers.messages.reshaped import WholeMessage
from providers.messages.reshaped import events_of as events_of_message
from providers.openai_compatible.lenient_json import NotJson, decode_object, encode_lenient
from providers.openai_compatible.reshaped import WholeAnswer, chunks_of
from providers.responses.other_form import events_of as events_of_response


class ChatForms:
    """Implements AnswerForms for chat completions."""

    def whole_of(self, events: Iterable[bytes]) -> bytes:
        whole = WholeAnswer()
        with _reshaping():
            for event in events:
                whole.add(decode_object(event))
            return whole.body()

    def events_of(self, body: bytes) -> list[Part]:
        with _reshaping():
            answer = decode_object(body)
            said = [Part(chunk) for chunk in chunks_of(answer | {"usage": None})]
            usage = [Part(chunk, ONLY_USAGE) for chunk in chunks_of(answer | {"choices": []})]
            return [*said, *usage]


class MessagesForms:
    """Implements AnswerForms for Anthropic's Messages."""

    def whole_of(self, events: Iterable[bytes]) -> bytes:
        whole = WholeMessage()
        with _reshaping():
            for event in events:
                whole.add(decode_object(event))
            return encode_lenient(whole.message())

    def events_of(self, body: bytes) -> list[Part]:
        with _reshaping():
            *said, last, stop = [encode_lenient(event) for event in events_of_message(decode_object(body))]
            return [*map(Part, said), Part(last, WITH_USAGE), Part(stop)]


class ResponsesForms:
    """Implements AnswerForms for OpenAI's Responses."""

    def whole_of(self, events: Iterable[bytes]) -> bytes:
        """The last one has all of it."""
        with _reshaping():
            return encode_lenient(decode_object(list(events)[-1]).get("response"))

    def events_of(self, body: bytes) -> list[Part]:
        with _reshaping():
            *said, last = [encode_lenient(event) for event in events_of_response(decode_object(body))]
            return [*map(Part, said), Part(last, WITH_USAGE)]


class WholeForms:
    """Implements AnswerForms for what is never streamed."""

    def whole_of(self, events: Iterable[bytes]) -> bytes:
        raise NoOtherForm("there is no stream of it")

    def events_of(self, body: bytes) -> list[Part]:
        raise NoOtherForm("there is no stream of it")


FORMS: Mapping[WireProtocol, AnswerForms] = {
    WireProtocol.CHAT: ChatForms(),
    WireProtocol.MESSAGES: MessagesForms(),
    WireProtocol.RESPONSES: ResponsesForms(),
    WireProtocol.EMBEDDINGS: WholeForms(),
}


@contextmanager
def _reshaping() -> Iterator[None]:
    """An answer may be nested so deeply that it can only be passed as it is."""
    try:
        yield
    except (NotJson, RecursionError) as error:
        raise NoOtherForm("it is nested too deeply, or no answer") from error
