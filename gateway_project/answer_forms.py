"""Joins the answer cache to the form of vendors' answers: metering and providers are strangers (ADR 0010)."""

from collections.abc import Iterable

from metering.answer_cache.forms import NoOtherForm
from providers.openai_compatible.lenient_json import NotJson, decode_object
from providers.openai_compatible.reshaped import WholeAnswer, chunks_of


class OpenAIForms:
    """Implements AnswerForms for chat completions."""

    def whole_of(self, chunks: Iterable[bytes]) -> bytes:
        whole = WholeAnswer()
        try:
            for chunk in chunks:
                whole.add(decode_object(chunk))
            return whole.body()
        except (NotJson, RecursionError) as error:
            raise NoOtherForm("the chunks make no whole answer") from error

    def chunks_of(self, body: bytes) -> list[tuple[bytes, bool]]:
        try:
            answer = decode_object(body)
            said = [(chunk, False) for chunk in chunks_of(answer | {"usage": None})]
            return [*said, *[(chunk, True) for chunk in chunks_of(answer | {"choices": []})]]
        except (NotJson, RecursionError) as error:
            raise NoOtherForm("the answer makes no chunks") from error
